// Nor can something else pass for it.
import type { Held } from '../../gateway/held.ts'

export const forged: Held = { toJSON: () => ({}) } // forbidden: TS2741|TS2739|TS2740
