import { parseTaken } from '../../fhir-profiles/json.ts'

/** Numbers keep the digits they were written with. undefined = not JSON; the caller knows from the status what that means. */
export function parseJson(text: string): unknown {
  try {
    return parseTaken(text)
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined
    throw cause
  }
}
