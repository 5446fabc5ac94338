/** Bundles joined from resource texts, unparsed: what was stored goes out as it was written. */
import { system } from '../fhir-profiles/codes.ts'
import type { OperationOutcome } from '../fhir-profiles/r4.ts'
import { charsOf, Octets } from '../fhir-profiles/octets.ts'

/**
 * Who receives records of others may not pass them on without a new consent. A constant on every Bundle, whatever is in it: written only
 * where something of another institution is, it would tell that there is. http://terminology.hl7.org/CodeSystem/v3-ActCode
 */
export const noRedisclosure = [{ system: system.actCode, code: 'NORDSCLCD' }] as const

export interface TextEntry {
  readonly fullUrl: string
  /** empty = an entry without a resource (a deletion in a history) */
  readonly text: Octets
  /** the rest of the entry: search, request, response */
  readonly rest: Readonly<Record<string, unknown>>
}

export function bundleText(bundle: {
  readonly type: 'searchset' | 'history'
  /** undefined = not told */
  readonly total: number | undefined
  readonly self: string
  readonly next: string | undefined
  readonly entries: readonly TextEntry[]
  readonly notices: readonly OperationOutcome[]
}): Octets {
  const links = [
    ...(bundle.self === '' ? [] : [{ relation: 'self', url: bundle.self }]),
    ...(bundle.next === undefined ? [] : [{ relation: 'next', url: bundle.next }]),
  ]
  const entries = [
    ...bundle.entries.map(entryChars),
    ...bundle.notices.map((outcome) => `{"resource":${charsOf(JSON.stringify(outcome))},"search":{"mode":"outcome"}}`),
  ]
  const head = `"resourceType":"Bundle","meta":{"security":${JSON.stringify(noRedisclosure)}},"type":"${bundle.type}"${bundle.total === undefined ? '' : `,"total":${bundle.total}`}`
  const linkText = links.length === 0 ? '' : `,"link":${charsOf(JSON.stringify(links))}`
  return new Octets(`{${head}${linkText}${entries.length === 0 ? '' : `,"entry":[${entries.join(',')}]`}}`)
}

/** One entry, as characters of octets; FHIR JSON has no empty arrays or objects, so what is absent is left out. */
export function entryChars({ fullUrl, text, rest }: TextEntry): string {
  const restText = textOfRest(rest)
  const url = fullUrl === '' ? '' : `"fullUrl":${charsOf(JSON.stringify(fullUrl))}`
  const resource = text.size === 0 ? '' : `${url === '' ? '' : ','}"resource":${text.chars}`
  const comma = restText === '' || (url === '' && resource === '') ? '' : ','
  return `{${url}${resource}${comma}${restText}}`
}

const restTexts = new WeakMap<TextEntry['rest'], string>()

/** Most entries share one, which is frozen and written once. */
function textOfRest(rest: TextEntry['rest']): string {
  const known = restTexts.get(rest)
  if (known !== undefined) return known
  const text = charsOf(JSON.stringify(rest).slice(1, -1))
  if (Object.isFrozen(rest)) restTexts.set(rest, text)
  return text
}

/** An entry of a search: a match, or what comes along with one. */
export function bundleEntryOf(
  base: string,
  { type, id, text }: { readonly type: string; readonly id: string; readonly text: Octets },
  mode: 'match' | 'include',
): TextEntry {
  return { fullUrl: `${base}/${type}/${id}`, text, rest: mode === 'match' ? asMatch : asInclude }
}

export const asMatch = Object.freeze({ search: Object.freeze({ mode: 'match' }) })
const asInclude = Object.freeze({ search: Object.freeze({ mode: 'include' }) })
