/** The first start of a sandbox: waits for its people, then their consents and referrals, made through the public contract like anybody's. */
import { setTimeout as sleep } from 'node:timers/promises'
import { callFhir, defaultPurpose, sandboxToken, type SandboxKey } from './client.ts'
import { personIn, seededConsents, seededReferrals } from './stories.ts'

/** People arrive through their EMRs; then their consents, then the clinic's referrals. */
export async function seed(input: {
  url: string
  key: SandboxKey
  clinicDesk: string
  hospitalDesk: string
  /** then nobody waits for its end: `ready` comes when the stories are told */
  isQueueLong: boolean
}): Promise<void> {
  const now = new Date()
  for (const { number, as, make } of seededConsents(new Date(now.getTime() - 86_400_000).toISOString())) {
    const token = await untilDone(`a token for ${as}`, () => sandboxToken(input.key, { as, purposes: [defaultPurpose(as)] }))
    const person = personIn(token)
    const made = await callFhir(input.url, token, { method: 'POST', path: 'Consent', body: make(person) })
    if (made.status !== 201) throw new Error(`the consent of person ${number} was not taken: ${JSON.stringify(made.body)}`)
  }
  for (const number of [2, 6, 7, 8, 9])
    await untilDone(`person ${number}`, () => sandboxToken(input.key, { as: `patient-${number}`, purposes: ['PATRQT'] }))
  const until = new Date(now.getTime() + 180 * 86_400_000).toISOString().slice(0, 10)
  for (const referral of seededReferrals(until)) {
    const response = await fetch(`${input.clinicDesk}/referrals`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(referral),
      signal: AbortSignal.timeout(5_000),
    })
    if (!response.ok) throw new Error(`the clinic's desk did not take the referral: ${response.status}`)
  }
  const coordinator = await sandboxToken(input.key, { as: 'clinic-coordinator', purposes: ['TREAT'] })
  await untilDone('the referrals to arrive', async () => {
    const found = await callFhir(input.url, coordinator, { method: 'GET', path: 'Task?status=received' })
    const total = typeof found.body === 'object' && found.body !== null && 'total' in found.body ? found.body.total : 0
    if (typeof total !== 'number' || total < 2) throw new Error(`${String(total)} of 2 referrals have arrived`)
  })
  if (input.isQueueLong) return
  await untilDone('the hospital to have told everything', async () => {
    const response = await fetch(`${input.hospitalDesk}/health`, { signal: AbortSignal.timeout(5_000) })
    const health: unknown = await response.json()
    const waiting = typeof health === 'object' && health !== null && 'waiting' in health ? health.waiting : undefined
    if (waiting !== 0) throw new Error(`${String(waiting)} of its messages are waiting`)
  })
}

async function untilDone<T>(what: string, work: () => Promise<T>): Promise<T> {
  // With the generated people the stories' own records and letters share the way in with thousands of others.
  const until = Date.now() + 180_000
  for (;;) {
    try {
      return await work()
    } catch (thrown) {
      if (Date.now() > until)
        throw new Error(`gave up waiting for ${what}: ${thrown instanceof Error ? thrown.message : String(thrown)}`, { cause: thrown })
      await sleep(200)
    }
  }
}
