/**
 * What two equal servers may write differently: ids, version tokens, sealed links, the address, the times of this run. Each becomes a word that
 * says which one it is (by name where the kit knows it, else by order of appearance), so that a swap, a repeat, another length or another order
 * is still a difference. Whatever is left must be equal byte for byte.
 */
export interface Reply {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly text: string
}

export interface Side {
  /** the server's address as it writes it in links */
  readonly base: string
  /** ids whose meaning is the same on both sides: network id → name */
  readonly names: ReadonlyMap<string, string>
}

export interface Masked {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/** Of the transport, or random for every reply by design. */
const unlike = new Set(['date', 'x-request-id', 'connection', 'keep-alive', 'transfer-encoding'])

const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g
const instant = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g
const httpDate = /(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT/g
/** content hashes: of a composed person, in the body and in the header */
const hash = /(?<=versionId":"|W\/")[\w-]{22}(?=")/g
const sealed = /(?<=_page=)[\w-]+/g
/** the token an audit entry was made under */
const tokenId = /(?<=urn:ietf:params:oauth:jti:)[\w-]+/g

/** @param sinceMs instants before it are data and stay as they are: only what this run wrote is masked */
export function masked(reply: Reply, side: Side, sinceMs: number): Masked {
  const text = inSameOrder(reply, side)
  const words = wordsFor({ ...reply, text }, side, sinceMs)
  const headers = reply.headers.filter(([name]) => !unlike.has(name)).map(([name, value]): [string, string] => [name, words(value)])
  return {
    status: reply.status,
    headers: Object.fromEntries(
      headers.map(([name, value]) => (name === 'content-length' ? [name, lengthOf(value, reply, side)] : [name, value])),
    ),
    text: words(text),
  }
}

/**
 * The lines of a bulk file have no order (https://hl7.org/fhir/uv/bulkdata/STU2/export.html#bulk-data-output-file-request): a server may write
 * them as their ids fall, which differ between two. They are put in the order of what else they say; of two that say the same, the older first.
 */
function inSameOrder({ headers, text }: Reply, { names }: Side): string {
  const isLines = headers.some(([name, value]) => name === 'content-type' && value.startsWith('application/fhir+ndjson'))
  if (!isLines) return text
  const lines = text.split('\n').filter((line) => line !== '')
  const said = (line: string): string =>
    line
      .replaceAll(uuid, (value) => names.get(value) ?? '')
      .replaceAll(hash, '')
      .replaceAll(instant, '')
  const told = lines.map((line) => ({ line, key: `${said(line)} ${instantsIn(line)}` }))
  return told
    .toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ line }) => `${line}\n`)
    .join('')
}

function instantsIn(line: string): string {
  return [...line.matchAll(instant)].map(([value]) => value).join(' ')
}

function wordsFor(reply: Reply, side: Side, sinceMs: number): (text: string) => string {
  const whole = [...reply.headers.map(([, value]) => value), reply.text].join('\n')
  const times = timesOf(whole, sinceMs)
  const seen = new Map<string, Map<string, string>>()
  const nth = (kind: string, value: string): string => {
    const known = seen.get(kind) ?? new Map<string, string>()
    seen.set(kind, known)
    const word = known.get(value) ?? `${kind}-${known.size + 1}`
    known.set(value, word)
    return word
  }
  return (text) =>
    text
      .replaceAll(side.base, 'BASE')
      // the length of a sealed link depends on what is sealed in it
      .replaceAll(sealed, (value) => `${nth('page', value)}(${value.length})`)
      .replaceAll(tokenId, (value) => nth('token', value))
      .replaceAll(uuid, (value) => side.names.get(value) ?? nth('id', value))
      .replaceAll(hash, (value) => nth('hash', value))
      .replaceAll(instant, (value) => times.get(Date.parse(value)) ?? value)
      .replaceAll(httpDate, (value) => secondOf(times, Date.parse(value), sinceMs) ?? value)
}

/** Instants of this run by rank: which is earlier, and which are the same, stays visible. */
function timesOf(text: string, sinceMs: number): ReadonlyMap<number, string> {
  const found = [...text.matchAll(instant)].map(([value]) => Date.parse(value)).filter((ms) => ms >= sinceMs)
  return new Map([...new Set(found)].sort((a, b) => a - b).map((ms, rank) => [ms, `TIME-${rank + 1}`]))
}

/** A header names a second: it must be one in which an instant of the reply lies, else it says something of its own. */
function secondOf(times: ReadonlyMap<number, string>, ms: number, sinceMs: number): string | undefined {
  if (ms < Math.floor(sinceMs / 1000) * 1000) return undefined
  const within = [...times].filter(([at]) => Math.floor(at / 1000) * 1000 === ms).map(([, word]) => word)
  // instants that share a second on one side need not on the other; that a newest one exists must agree
  return within.length === 0 ? (times.size === 0 ? 'SECOND' : 'SECOND-OF-NOTHING-SHOWN') : 'SECOND-SHOWN'
}

/** Ports of two servers may differ in length, and a base may stand many times in a body: what counts is the length without them. */
function lengthOf(value: string, reply: Reply, side: Side): string {
  const bases = reply.text.split(side.base).length - 1
  return String(Number(value) - bases * side.base.length)
}

/** The first place where the two differ, shortened; undefined when they are equal. */
export function difference(one: Masked, other: Masked): string | undefined {
  if (one.status !== other.status) return `status ${one.status} | ${other.status}`
  if (one.text === other.text) {
    const names = [...new Set([...Object.keys(one.headers), ...Object.keys(other.headers)])]
    const name = names.find((each) => one.headers[each] !== other.headers[each])
    return name === undefined ? undefined : `header ${name}: ${one.headers[name] ?? 'absent'} | ${other.headers[name] ?? 'absent'}`
  }
  let at = 0
  while (one.text[at] === other.text[at]) at += 1
  const from = Math.max(0, at - 60)
  return `body at ${at}: ${one.text.slice(from, at + 100)} | ${other.text.slice(from, at + 100)}`
}
