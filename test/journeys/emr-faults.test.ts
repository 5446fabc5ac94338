/** A hospital whose server hangs, lies or floods costs its own part of the answer, in bounded time, and nobody else anything. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Caller } from '../support/client.ts'
import { hospitalReferrals, submission, taskIn, tertiaryTasks, whenTask } from '../support/referrals.ts'
import { eachNetwork } from '../support/sandbox.ts'
import { desk, institutions, personOf, sourceOf, summarySources, until } from '../support/stories.ts'

/** `limits.liveDeadlineMs` of the sandbox, and what a loaded machine may add to it */
const deadlineMs = 3_000
const slackMs = 2_000

eachNetwork(
  'a hospital that fails',
  (network) => {
    const fault = (mode: string) => desk(network(), 'tertiary', '/faults', { mode })
    const ask = async (who: Caller, person: string) => {
      const from = performance.now()
      const reply = await who.get(`Patient/${person}/$summary`)
      const [composition] = reply.status === 200 ? reply.entries : []
      if (composition?.resourceType !== 'Composition') throw new Error(`no summary: ${reply.status} ${reply.text.slice(0, 300)}`)
      const silent = composition.section?.find((section) => section.code?.coding?.[0]?.code === 'no-answer')?.text?.div ?? ''
      const sources = [...new Set(reply.entries.flatMap((each) => sourceOf(each) ?? []))].sort()
      return { ms: performance.now() - from, sources, isNamedSilent: silent.includes('누리대학교병원'), reply }
    }
    beforeEach(async () => {
      const [doctor, person] = [await network().as('clinic-doctor'), await personOf(network(), 1)]
      await fault('none')
      await until('the hospital to be itself again', async () => {
        const sources = await summarySources(doctor, person)
        return sources.length === institutions.length ? true : undefined
      })
    })
    afterEach(async () => {
      await fault('none')
    })

    describe.each(['hang', 'drip', 'garbage', 'error', 'redirect'])('%s', (mode) => {
      test('the rest is shown in time, and it is named as silent, for every patient alike', async () => {
        const [clinic, tertiary] = [await network().as('clinic-doctor'), await network().as('tertiary-doctor')]
        const [first, seventh] = [await personOf(network(), 1), await personOf(network(), 7)]
        await fault(mode)
        const [here, there, stranger, everything, stored] = await Promise.all([
          ask(clinic, first),
          ask(tertiary, first),
          ask(clinic, seventh),
          clinic.get(`Patient/${first}/$everything`),
          clinic.get(`Condition?patient=${first}`),
        ])
        for (const seen of [here, there]) {
          expect(seen.sources).toEqual(['clinic', 'hospital'])
          expect(seen.isNamedSilent).toBe(true)
          expect(seen.ms).toBeLessThan(deadlineMs + slackMs)
        }
        expect(everything.text).toContain('누리대학교병원 did not answer')
        expect(stored.status).toBe(200)
        // A patient the hospital never saw: what is said of the hospital is the same.
        expect([stranger.sources, stranger.isNamedSilent]).toEqual([['clinic'], true])
        expect(stranger.reply.text).not.toContain('T-0001')
      })
    })

    test('an answer about another patient is not taken for this one', async () => {
      const clinic = await network().as('clinic-doctor')
      const person = await personOf(network(), 1)
      await fault('other-patient')
      const seen = await ask(clinic, person)
      expect(seen.sources).toEqual(['clinic', 'hospital'])
      expect(seen.ms).toBeLessThan(deadlineMs + slackMs)
      for (const word of ['T-0002', 'pt-1002', '문지호', '불안정협심증']) expect(seen.reply.text).not.toContain(word)
    })

    test.each(['flood', 'endless', 'stray-link'])(
      '%s: ten thousand resources are cut off, and the summary still comes in time',
      async (mode) => {
        const clinic = await network().as('clinic-doctor')
        const person = await personOf(network(), 1)
        await fault(mode)
        const [seen, other] = await Promise.all([ask(clinic, person), clinic.get(`Observation?patient=${person}`)])
        expect(seen.sources).toEqual(expect.arrayContaining(['clinic', 'hospital']))
        expect(seen.ms).toBeLessThan(deadlineMs + slackMs)
        expect(seen.reply.entries.length).toBeLessThan(2_500)
        expect(other.status).toBe(200)
      },
    )

    test('while it hangs, referrals between the others go their way, and the one for it waits and arrives once', async () => {
      const clinic = await network().as('clinic-doctor')
      const person = await personOf(network(), 1)
      const [tasks, received] = [(await tertiaryTasks(network())).length, (await hospitalReferrals(network())).received.length]
      await fault('hang')
      const known = await accesses()
      const waiting = taskIn(await clinic.post('', submission({ person, owner: 'tertiary', specialty: '01' })))
      await until('the first try', async () => ((await accesses()) > known ? true : undefined))
      const from = performance.now()
      const quick = taskIn(await clinic.post('', submission({ person, owner: 'hospital', specialty: '01' })))
      await whenTask(clinic, quick, 'received')
      expect(performance.now() - from).toBeLessThan(2_000)
      expect((await hospitalReferrals(network())).received.length).toBe(received + 1)
      expect((await clinic.get(`Task/${waiting}`)).resource('Task').status).toBe('requested')
      await fault('none')
      await whenTask(clinic, waiting, 'received')
      expect((await tertiaryTasks(network())).length).toBe(tasks + 1)
    })

    /** how many requests the hospital has seen */
    async function accesses(): Promise<number> {
      const { body } = await desk(network(), 'tertiary', '/accesses')
      // the desk answers {accesses: […]}
      return (body as { accesses: readonly unknown[] }).accesses.length
    }
  },
  // The breaker of the adapter opens after five failures; a test does not wait ten seconds for it to close.
  { isSameOnBoth: true, adapters: { tertiary: { breakForMs: 300 } } },
)
