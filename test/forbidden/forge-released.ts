// An object of the same shape is not Released, and a copy of one is not either.
import type { Released } from '../../gateway/released.ts'

export const forged: Released = { status: 200, headers: {}, text: '{"resourceType":"Patient"}' } // forbidden: TS2741|TS2739|TS2740

export function altered(released: Released): Released {
  return { ...released, text: '{}' } // forbidden: TS2741|TS2739|TS2740
}
