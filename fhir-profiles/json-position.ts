/** Where in a JSON text a value stands: line and column of each path asked for. One pass over the text, made when something is to be told. */

export interface Position {
  /** 1-based, in lines and UTF-16 units */
  readonly line: number
  readonly column: number
}

type Steps = readonly (string | number)[]

/**
 * Positions by path (`steps.join('/')`) of values in a text JSON.parse has taken. A path that leads nowhere (a missing element) is told
 * where its nearest existing parent stands: ask with `positionOf`.
 */
export function jsonPositions(text: string): ReadonlyMap<string, Position> {
  const positions = new Map<string, Position>()
  const path: (string | number)[] = []
  const lines = lineCounter(text)
  let at = 0
  const skip = (): void => {
    while (at < text.length && ' \t\r\n,:'.includes(text.charAt(at))) at += 1
  }
  const string = (): string => {
    const start = at
    at += 1
    while (at < text.length && text.charAt(at) !== '"') at += text.charAt(at) === '\\' ? 2 : 1
    at += 1
    return text.slice(start + 1, at - 1)
  }
  const value = (): void => {
    skip()
    positions.set(path.join('/'), lines(at))
    const sign = text.charAt(at)
    if (sign === '"') return void string()
    if (sign === '{' || sign === '[') return container(sign === '{')
    while (at < text.length && !',]} \t\r\n'.includes(text.charAt(at))) at += 1
  }
  const container = (isObject: boolean): void => {
    at += 1
    for (let index = 0; ; index += 1) {
      skip()
      if (at >= text.length || text.charAt(at) === '}' || text.charAt(at) === ']') break
      path.push(isObject ? string() : index)
      value()
      path.pop()
    }
    at += 1
  }
  value()
  return positions
}

/** Asked with growing offsets, so that lines are counted once. */
function lineCounter(text: string): (offset: number) => Position {
  let line = 1
  let start = 0
  return (offset) => {
    for (let next = text.indexOf('\n', start); next >= 0 && next < offset; next = text.indexOf('\n', start)) {
      line += 1
      start = next + 1
    }
    return { line, column: offset - start + 1 }
  }
}

/** The position of a path, or of what holds it. `name[0]` in a step is taken apart. */
export function positionOf(positions: ReadonlyMap<string, Position>, steps: Steps): Position | undefined {
  const parts = steps.flatMap((step) => (typeof step === 'string' && step.endsWith(']') ? step.replace(']', '').split('[') : [step]))
  for (let length = parts.length; length >= 0; length -= 1) {
    const found = positions.get(parts.slice(0, length).join('/'))
    if (found !== undefined) return found
  }
  return undefined
}
