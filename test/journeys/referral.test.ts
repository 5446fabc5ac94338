/** Referrals end to end: by desk, by REST, by message and by HL7; out, withheld, resumed, answered, and back. */
import { expect, test } from '@jest/globals'
import { clinicInbox } from '../support/referrals.ts'
import { eachNetwork } from '../support/sandbox.ts'
import { byDesk } from './referral/by-desk.ts'
import { byHl7 } from './referral/by-hl7.ts'
import { byMessage } from './referral/by-message.ts'
import { byRest } from './referral/by-rest.ts'
import { identity } from './referral/identity.ts'
import { recall } from './referral/recall.ts'
import { routing } from './referral/routing.ts'

eachNetwork(
  'a referral',
  (network) => {
    byDesk(network)
    byRest(network)
    byMessage(network)
    byHl7(network)
    routing(network)
    identity(network)
    recall(network)

    test('in the end no message lies in the clinic’s inbox twice', async () => {
      const ids = (await clinicInbox(network())).map((row) => row.parcelId)
      expect(ids.length).toBeGreaterThan(10)
      expect(new Set(ids).size).toBe(ids.length)
    })
  },
  { isSameOnBoth: true },
)
