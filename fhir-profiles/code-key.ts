/** A code as one text: `system|code`, the system under its published name. Pure. */
import { publishedSystem } from './terminology/aliases.ts'

/** A coding without a system has '' there. */
export function codeKey(of: string | undefined, code: string): string {
  return `${of === undefined ? '' : publishedSystem(of)}|${code}`
}
