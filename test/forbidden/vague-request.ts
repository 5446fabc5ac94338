// A decision is never asked about somebody of whom something is left open.
import type { AccessRequest } from '../../consent/types.ts'

export const request: AccessRequest = { // forbidden: TS2741|TS2739|TS2740
  action: 'access',
  purposes: ['TREAT'],
  institution: 'clinic',
  receiver: ['org:clinic'],
}
