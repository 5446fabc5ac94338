/**
 * Preloaded (`node --import`) by the measurement of what consent and audit cost, and by nothing else: two functions of the gateway are replaced
 * as they are read. The program itself has no such switch. Every record is permitted, and nothing is entered in the ledger for what is read.
 */
import { registerHooks } from 'node:module'

interface Replacement {
  readonly file: string
  /** the beginning of a function */
  readonly at: string
  /** what it does first, and instead */
  readonly instead: string
}

const replacements: readonly Replacement[] = [
  {
    file: '/consent/view.ts',
    at: 'function newView(request: AccessRequest, rowsByPerson: RowsByPerson, environment: Environment, nowMs: number): View {\n',
    instead: '  return { condition: always, consulted: [] }\n',
  },
  {
    file: '/gateway/store/ledger.ts',
    at: 'export function ledgerTogether(sql: Sql): AppendEntries {\n',
    instead: '  return () => Promise.resolve(appended)\n',
  },
]

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context)
    const found = replacements.find(({ file }) => url.endsWith(file))
    if (found === undefined) return loaded
    const { source: read } = loaded
    const source = typeof read === 'string' ? read : new TextDecoder().decode(read)
    // a measurement of what was left as it is would be of nothing
    if (!source.includes(found.at)) throw new Error(`what is to be replaced is not in ${found.file} any more`)
    return { ...loaded, source: source.replace(found.at, `${found.at}${found.instead}`) }
  },
})
