/** Referrals end to end: by desk, by REST, by message and by HL7; out, withheld, resumed, answered, and back. */
import { eachNetwork } from '../support/sandbox.ts'
import { byDesk } from './referral/by-desk.ts'

eachNetwork('a referral', (network) => {
  byDesk(network)
})
