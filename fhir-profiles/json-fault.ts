/** Finds and names the first fault of a text that `parseJson` refused. Slow and exact: only refused input comes here. Quotes no value. */

export interface JsonLimits {
  /** objects and arrays within one another */
  readonly maxDepth: number
  readonly maxBytes: number
}

export interface JsonFault {
  readonly kind: 'not-utf8' | 'syntax' | 'too-deep' | 'duplicate-key' | 'too-large'
  /** path of the value (`name[0].family`) for what is wrong with a key, else `line:column` */
  readonly where: string
  readonly diagnostics: string
}

interface Scan {
  readonly text: string
  at: number
  readonly maxDepth: number
  /** keys and indices down to the current value */
  readonly path: (string | number)[]
  fault: JsonFault
}

/** Total, linear in the text, and no deeper on the stack than `maxDepth`. */
export function locateFault(text: string, { maxDepth }: JsonLimits): JsonFault {
  const scan: Scan = { text, at: 0, maxDepth, path: [], fault: { kind: 'syntax', where: '1:1', diagnostics: 'not a JSON text' } }
  if (value(scan, 0) && space(scan) !== '') fail(scan, 'syntax', 'text after the end of the JSON value')
  return scan.fault
}

/** `line:column` of the first byte that is not UTF-8. */
export function locateByte(bytes: Buffer): string {
  const again = Buffer.from(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes))
  const limit = Math.min(bytes.length, again.length)
  let at = 0
  while (at < limit && bytes[at] === again[at]) at += 1
  return lineColumn(bytes.toString('latin1'), at)
}

function lineColumn(text: string, at: number): string {
  const before = text.slice(0, at)
  return `${before.split('\n').length}:${at - before.lastIndexOf('\n')}`
}

/** @returns false, so that a reader can stop with it */
function fail(scan: Scan, kind: JsonFault['kind'], diagnostics: string): false {
  scan.fault = { kind, where: lineColumn(scan.text, scan.at), diagnostics }
  return false
}

function failKey(scan: Scan, kind: JsonFault['kind'], diagnostics: string): false {
  scan.fault = { kind, where: pathText(scan.path), diagnostics }
  return false
}

/** Keys come from outside: only what an element name can look like is repeated. */
function pathText(path: readonly (string | number)[]): string {
  const steps = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${/^\w{1,64}$/.test(step) ? step : '?'}`))
  return steps.join('').replace(/^\./, '')
}

/** The next sign that is not space; '' at the end. */
function space(scan: Scan): string {
  while (' \t\n\r'.includes(scan.text.charAt(scan.at)) && scan.at < scan.text.length) scan.at += 1
  return scan.text.charAt(scan.at)
}

function value(scan: Scan, depth: number): boolean {
  const sign = space(scan)
  if (sign === '') return fail(scan, 'syntax', 'the text ends where a value is due')
  if (sign === '"') return string(scan) !== undefined
  if (sign !== '{' && sign !== '[') return scalar(scan)
  if (depth >= scan.maxDepth) return fail(scan, 'too-deep', `more than ${scan.maxDepth} objects and arrays within one another`)
  scan.at += 1
  return sign === '{' ? object(scan, depth + 1) : array(scan, depth + 1)
}

function object(scan: Scan, depth: number): boolean {
  const keys = new Set<string>()
  if (space(scan) === '}') return skip(scan)
  for (;;) {
    if (space(scan) !== '"') return fail(scan, 'syntax', 'a key in double quotes is due')
    const key = string(scan)
    if (key === undefined) return false
    scan.path.push(key)
    if (keys.has(key)) return failKey(scan, 'duplicate-key', 'the same key stands twice in one object')
    if (isReservedKey(key)) return failKey(scan, 'syntax', 'a key that no FHIR element can have')
    keys.add(key)
    if (space(scan) !== ':') return fail(scan, 'syntax', 'a colon is due after the key')
    scan.at += 1
    if (!value(scan, depth)) return false
    scan.path.pop()
    const next = space(scan)
    if (next === '}') return skip(scan)
    if (next !== ',') return fail(scan, 'syntax', 'a comma or `}` is due')
    scan.at += 1
  }
}

function array(scan: Scan, depth: number): boolean {
  if (space(scan) === ']') return skip(scan)
  for (let index = 0; ; index += 1) {
    scan.path.push(index)
    if (!value(scan, depth)) return false
    scan.path.pop()
    const next = space(scan)
    if (next === ']') return skip(scan)
    if (next !== ',') return fail(scan, 'syntax', 'a comma or `]` is due')
    scan.at += 1
  }
}

function skip(scan: Scan): true {
  scan.at += 1
  return true
}

const escape = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y

/** The string at the current place, or undefined after a fault. */
function string(scan: Scan): string | undefined {
  const { text, at: start } = scan
  for (scan.at += 1; text.charAt(scan.at) !== '"';) {
    if (text.charAt(scan.at) === '\\') {
      escape.lastIndex = scan.at
      if (!escape.test(text)) return void fail(scan, 'syntax', 'an escape that JSON does not know')
      scan.at = escape.lastIndex
    } else if (!(text.charCodeAt(scan.at) >= 0x20))
      return void fail(scan, 'syntax', 'a string that is not closed, or a control character in it')
    else scan.at += 1
  }
  scan.at += 1
  const content = String(JSON.parse(text.slice(start, scan.at)))
  if (content.includes('\0')) return void fail(scan, 'syntax', 'a string with the character U+0000')
  if (!content.isWellFormed()) return void fail(scan, 'not-utf8', 'a string with half a surrogate pair')
  return content
}

const literal = /(?:true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)(?![\w.+-])/y

function scalar(scan: Scan): boolean {
  literal.lastIndex = scan.at
  if (!literal.test(scan.text)) return fail(scan, 'syntax', 'no JSON value begins or ends like this')
  scan.at = literal.lastIndex
  return true
}

/** Keys that reach a prototype when a value is copied carelessly. No FHIR element has such a name. */
export function isReservedKey(key: string): boolean {
  return key === '__proto__' || key === 'constructor' || key === 'prototype'
}
