// An object of the same shape is not Released, and a copy of one is not either.
import { octetsOf } from '../../fhir-profiles/octets.ts'
import type { Released } from '../../gateway/released.ts'

const body = octetsOf('{"resourceType":"Patient"}')

export const forged: Released = { status: 200, headers: {}, body, text: '' } // forbidden: TS2741|TS2739|TS2740

export function altered(released: Released): Released {
  return { ...released, body } // forbidden: TS2741|TS2739|TS2740
}
