/**
 * Long names that would stand in every row are kept as numbers: whose a shard is, which record a row is of, the system of a code, the
 * parameter of a type. Each is the server's own hash of the name, so that none is looked up or given out (docs/decisions/108). SQL in, SQL out.
 */

/** Of a shard (person, or institution), a network id, a system or a type: 64 bits. null of null. */
export function numberOf(text: string): string {
  return `hashtextextended(${text}, 0)`
}

/** Of each of a list, as an array. */
export function numbersOf(list: string): string {
  return `array(select hashtextextended(v, 0) from unnest(${list}) v)`
}

/** Of a parameter by its whole name, `Observation.code`: 32 bits; a test knows that no two of ours are alike. */
export function aboutOf(name: string): string {
  return `hashtext(${name})`
}
