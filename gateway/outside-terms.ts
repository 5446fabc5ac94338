/**
 * A terminology server outside, asked only for what is not held here. Of the request nothing leaves but a code, its system, its display and a
 * value set's address, and only of the systems the operator allows. Answers are kept for a while; a server that does not answer counts as none.
 */
import type { AskedCode, Found, Validated } from '../fhir-profiles/terminology/ask.ts'
import { isRecord } from '../fhir-profiles/validate/guards.ts'
import type { GuardedRequest } from '../adapters/contract.ts'
import type { OutsideTerminologyConfig } from './config.ts'
import type { Log } from './context.ts'

export interface OutsideTerms {
  /** `valueSet`: '' = is it a code of its system at all. undefined: not asked, or no answer */
  validate(valueSet: string, asked: AskedCode): Promise<Validated | undefined>
  lookup(asked: Pick<AskedCode, 'system' | 'code'>): Promise<Found | undefined>
}

export const noOutsideTerms: OutsideTerms = {
  validate: () => Promise.resolve(undefined),
  lookup: () => Promise.resolve(undefined),
}

const keptMs = 3_600_000
/** after a failure nobody waits for it again for so long */
const restMs = 10_000
const maxKept = 10_000

export interface OutsideInput extends OutsideTerminologyConfig {
  readonly fetch: (url: string, init: GuardedRequest) => Promise<Response>
  readonly now: () => number
  readonly log: Log
}

export function outsideTerms(input: OutsideInput): OutsideTerms {
  const { systems, url, now } = input
  const kept = new Map<string, { readonly answer: Parts | undefined; readonly untilMs: number }>()
  let restsUntilMs = 0

  async function ask(path: string, parameters: readonly (readonly [name: string, value: string])[]): Promise<Parts | undefined> {
    const query = new URLSearchParams()
    for (const [name, value] of parameters) if (value !== '') query.append(name, value)
    const address = `${url}/${path}?${query.toString()}`
    const known = kept.get(address)
    if (known !== undefined && known.untilMs > now()) return known.answer
    if (restsUntilMs > now()) return undefined
    const answer = await fetched(input, address).catch((thrown: unknown) => {
      // the name of the failure alone: an address would tell the code
      input.log('warn', 'outside-terminology', { reason: thrown instanceof Error ? thrown.name : 'unknown' })
      restsUntilMs = now() + restMs
      return 'failed' as const
    })
    if (answer === 'failed') return undefined
    if (kept.size >= maxKept) for (const oldest of [...kept.keys()].slice(0, maxKept / 10)) kept.delete(oldest)
    kept.delete(address)
    kept.set(address, { answer, untilMs: now() + keptMs })
    return answer
  }

  return {
    async validate(valueSet, { system, code, display }) {
      if (!systems.includes(system)) return undefined
      const shared = [
        ['code', code],
        ['display', display],
      ] as const
      const parts =
        valueSet === ''
          ? await ask('CodeSystem/$validate-code', [['url', system], ...shared])
          : await ask('ValueSet/$validate-code', [['url', valueSet], ['system', system], ...shared])
      const result = parts?.get('result')
      if (typeof result !== 'boolean') return undefined
      return { result, message: result ? '' : 'the outside terminology server says no', display: textOf(parts?.get('display')) }
    },
    async lookup({ system, code }) {
      if (!systems.includes(system)) return undefined
      const parts = await ask('CodeSystem/$lookup', [
        ['system', system],
        ['code', code],
      ])
      const display = textOf(parts?.get('display'))
      if (parts === undefined || display === '') return undefined
      const rest = { definition: undefined, designations: [], properties: [], parents: [], children: [] }
      return { name: textOf(parts.get('name')) || system, version: textOf(parts.get('version')), display, ...rest }
    },
  }
}

/** the plain values of an answer, by name */
type Parts = ReadonlyMap<string, string | boolean>

/** undefined for an answer that is none, e.g. a 404: as lasting as any other. Rejects where the server does not answer. */
async function fetched({ fetch, token, deadlineMs }: OutsideInput, address: string): Promise<Parts | undefined> {
  const headers = { accept: 'application/fhir+json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) }
  const response = await fetch(address, { method: 'GET', headers, signal: AbortSignal.timeout(deadlineMs) })
  const text = await response.text()
  if (response.status >= 500 || response.status === 401 || response.status === 429) throw new Error('the terminology server refused')
  if (!response.ok) return undefined
  const value: unknown = JSON.parse(text)
  if (!isRecord(value) || value['resourceType'] !== 'Parameters' || !Array.isArray(value['parameter'])) return undefined
  return new Map(
    value['parameter'].flatMap((each: unknown) => {
      if (!isRecord(each) || typeof each['name'] !== 'string') return []
      const plain = each['valueBoolean'] ?? each['valueString'] ?? each['valueCode']
      return typeof plain === 'string' || typeof plain === 'boolean' ? [[each['name'], plain] as const] : []
    }),
  )
}

/** What a stranger writes is bounded before it is shown. */
function textOf(value: string | boolean | undefined): string {
  return typeof value === 'string' ? value.slice(0, 500) : ''
}
