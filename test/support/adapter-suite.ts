/**
 * The adapter contract as tests. A vendor writes a harness that opens the EMR (or a small program that speaks like it) and calls
 * `adapterContract(name, harness)`; what must hold is in `adapters/template/README.md`.
 */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { AdapterKind, AdapterPorts, EmrAdapter, Gap, Parcel, Receipt, RecordQuery } from '../../adapters/contract.ts'
import { isGap } from '../../adapters/contract.ts'
import { guardedFetch } from '../../adapters/guarded-fetch.ts'
import { documentType, patientNumberSystem, profile, system } from '../../fhir-profiles/codes.ts'
import type { Resource } from '../../fhir-profiles/r4.ts'

export interface AdapterHarness {
  readonly kind: AdapterKind
  /** a fresh EMR with its own data; closed after each test */
  open(): Promise<EmrUnderTest>
}

export interface EmrUnderTest {
  /** good configuration for `kind.create` */
  readonly config: Readonly<Record<string, unknown>>
  readonly institution: AdapterPorts['institution']
  /** origins that `ports.fetch` may call; empty for interfaces that are not HTTP */
  readonly origins: readonly string[]
  /** nothing an adapter does may take longer than this, whatever the EMR does */
  readonly deadlineMs: number
  /** a patient the EMR holds, by its own id; live adapters only */
  readonly patient?: { readonly id: string; readonly number: string; readonly name: string; readonly birthDate: string }
  /** values of patients the EMR holds; none may turn up in a reason, a Gap or a log line */
  readonly secrets: readonly string[]
  /** how many rows (Tasks, messages, files) the EMR keeps for one parcel */
  countRows(parcelId: string): Promise<number>
  /** makes the EMR say something new to the network */
  say?(): Promise<void>
  /** what the EMR was asked for that holds patient data, if it can tell */
  asked?(): Promise<readonly string[]>
  /** the EMR takes requests and never answers; live adapters only */
  hang?(): Promise<void>
  /** the EMR is gone: nobody answers where it was */
  die(): Promise<void>
  close(): Promise<void>
}

export interface RecordedPorts extends AdapterPorts {
  readonly lines: string[]
}

/** Ports as the gateway gives them, with a memory that outlives the adapter and a log that can be read. */
export function adapterPorts(
  emr: Pick<EmrUnderTest, 'institution' | 'origins' | 'deadlineMs'>,
  kept: Map<string, string> = new Map(),
): RecordedPorts {
  const lines: string[] = []
  return {
    lines,
    institution: emr.institution,
    now: () => new Date(),
    memory: {
      get: async (key) => kept.get(key),
      set: async (key, value) => {
        kept.set(key, value)
      },
    },
    log: (event, fields) => {
      lines.push(`${event} ${JSON.stringify(fields)}`)
    },
    fetch: guardedFetch({ allowOrigins: emr.origins, deadlineMs: emr.deadlineMs * 2, maxBytes: 64_000_000 }),
  }
}

/** A referral as the gateway sends it to `receiver`: another hospital's ids, the receiver's number for the patient. */
export function referralParcel(id: string, receiver: string, number = 'X-0001'): Parcel {
  const patient = { reference: 'Patient/net-1' }
  const resources: Resource[] = [
    {
      resourceType: 'Patient',
      id: 'net-1',
      identifier: [{ system: patientNumberSystem(receiver), value: number }],
      name: [{ text: '견본하나' }],
      gender: 'female',
      birthDate: '1970-01-01',
    },
    {
      resourceType: 'ServiceRequest',
      id: 'sr-1',
      status: 'active',
      intent: 'order',
      subject: patient,
      code: { text: '갑상선결절 정밀검사' },
    },
    {
      resourceType: 'DocumentReference',
      id: 'note-1',
      status: 'current',
      type: { coding: [documentType.referralNote] },
      subject: patient,
      content: [{ attachment: { contentType: 'text/plain', data: btoa('referral note'), title: 'referral' } }],
    },
    {
      resourceType: 'Task',
      id: 'task-1',
      meta: { profile: [profile.referralTask] },
      status: 'requested',
      intent: 'order',
      focus: { reference: 'ServiceRequest/sr-1' },
      for: patient,
      requester: {
        reference: 'Organization/clinic',
        identifier: { system: system.institutionNumber, value: '31100001' },
        display: '해맑은의원',
      },
      owner: { reference: 'Organization/receiver', identifier: { system: system.institutionNumber, value: receiver } },
      input: [{ type: { coding: [documentType.referralNote] }, valueReference: { reference: 'DocumentReference/note-1' } }],
    },
  ]
  const entry = resources.map((resource) => ({ fullUrl: `urn:care-network:${resource.id ?? ''}`, resource }))
  return { id, kind: 'referral-request', bundle: { resourceType: 'Bundle', type: 'transaction', entry }, gaps: [] }
}

/** Everything a fetch yields, sorted into resources and Gaps. */
export async function collect(adapter: EmrAdapter, query: RecordQuery, signal: AbortSignal = new AbortController().signal) {
  const resources: Resource[] = []
  const gaps: Gap[] = []
  for await (const item of adapter.fetch(query, signal)) {
    if (isGap(item)) gaps.push(item)
    else resources.push(item)
  }
  return { resources, gaps }
}

/** time for a machine that is busy with other tests */
const slackMs = 2_000

export function adapterContract(name: string, harness: AdapterHarness): void {
  describe(`adapter contract: ${name}`, () => {
    let emr: EmrUnderTest
    let ports: RecordedPorts
    let adapter: EmrAdapter
    const words: string[] = []
    const never = () => new AbortController().signal

    beforeEach(async () => {
      words.length = 0
      emr = await harness.open()
      ports = adapterPorts(emr)
      adapter = harness.kind.create(emr.config, ports)
    })
    afterEach(async () => {
      await adapter.close()
      await emr.close()
      // Whatever a test did, the adapter's own words carry nothing of a patient.
      const said = [...ports.lines, ...words].join('\n')
      expect(emr.secrets.filter((secret) => said.includes(secret))).toEqual([])
    })
    const heard = (receipt: Receipt): Receipt => {
      if (receipt.outcome !== 'ok') words.push(receipt.reason)
      return receipt
    }
    const record = (signal = never()) =>
      collect(adapter, { kind: 'record', patientId: emr.patient?.id ?? 'none', types: [], maxResources: 500 }, signal)

    test('it says what it is, and offers what it says', () => {
      expect(adapter.description.kind).toBe(harness.kind.kind)
      expect(adapter.description.capabilities.includes('listen')).toBe(adapter.listen !== undefined)
      expect(adapter.description.capabilities.includes('fetch')).toBe(adapter.description.mode === 'live')
    })

    test('a configuration is judged as a whole, and an unknown key is a fault', () => {
      expect(harness.kind.faults(emr.config)).toEqual([])
      expect(harness.kind.faults(undefined).length).toBeGreaterThan(0)
      expect(harness.kind.faults({ ...emr.config, nobodyKnowsThis: 1 }).join()).toContain('nobodyKnowsThis')
    })

    test('its health can be asked without touching a patient', async () => {
      expect(await adapter.check(never())).toEqual({ ok: true })
      expect((await emr.asked?.()) ?? []).toEqual([])
    })

    test('an EMR that is gone is a reason, not an error', async () => {
      await emr.die()
      const health = await adapter.check(never())
      expect(health.ok).toBe(false)
      if (!health.ok) words.push(health.reason)
    })

    test('a record holds the patient asked for and nobody else', async () => {
      const { resources, gaps } = await record()
      words.push(...gaps.map((gap) => gap.reason + gap.element))
      expect(resources.length > 0).toBe(adapter.description.mode === 'live')
      const subjects = resources.map((resource) => subjectOf(resource))
      expect(new Set(subjects)).toEqual(new Set(adapter.description.mode === 'live' ? [`Patient/${emr.patient?.id ?? ''}`] : []))
      const nobody = await collect(adapter, { kind: 'record', patientId: 'nobody-here', types: [], maxResources: 500 })
      expect(nobody.resources).toEqual([])
    })

    test('a caller who gives up is let go at once', async () => {
      await emr.hang?.()
      const controller = new AbortController()
      const startedAt = performance.now()
      setTimeout(() => controller.abort(), 50)
      const { resources } = await record(controller.signal)
      expect(performance.now() - startedAt).toBeLessThan(50 + slackMs)
      if (emr.hang !== undefined) expect(resources).toEqual([])
    })

    test('an EMR that hangs is waited for no longer than the deadline', async () => {
      await emr.hang?.()
      const startedAt = performance.now()
      const { gaps } = await record()
      expect(performance.now() - startedAt).toBeLessThan(emr.deadlineMs + slackMs)
      if (emr.hang !== undefined) expect(gaps.map((gap) => gap.gap)).toEqual(['no-answer'])
    })

    test('a parcel sent twice is one row', async () => {
      const parcel = referralParcel('suite-parcel-1', emr.institution.number)
      expect(heard(await adapter.deliver(parcel, never())).outcome).toBe('ok')
      expect(heard(await adapter.deliver(parcel, never())).outcome).toBe('ok')
      expect(await emr.countRows(parcel.id)).toBe(1)
    })

    test('a parcel for an EMR that is gone waits for a better time', async () => {
      await emr.die()
      expect(heard(await adapter.deliver(referralParcel('suite-parcel-2', emr.institution.number), never())).outcome).toBe('transient')
    })

    test('a delivery that is called off says truly whether it was done', async () => {
      const receipt = heard(await adapter.deliver(referralParcel('suite-parcel-3', emr.institution.number), AbortSignal.abort()))
      expect(receipt.outcome).not.toBe('fatal')
      expect(await emr.countRows('suite-parcel-3')).toBe(receipt.outcome === 'ok' ? 1 : 0)
    })

    test('what could not be stored comes again under the same id, and after a restart only what was not stored', async () => {
      if (adapter.listen === undefined || emr.say === undefined) return
      const kept = new Map<string, string>()
      const [refused, stored] = await hear(harness.kind.create(emr.config, adapterPorts(emr, kept)), emr, 'refuse the first once')
      expect(stored).toContain(refused)
      const [, others] = await hear(harness.kind.create(emr.config, adapterPorts(emr, kept)), emr, 'take everything')
      expect(others.filter((id) => stored.includes(id))).toEqual([])
      expect(others.length).toBeGreaterThan(0)
    })

    test('listening ends when it is told to, also from an EMR that is gone', async () => {
      if (adapter.listen === undefined) return
      const controller = new AbortController()
      const listening = adapter.listen(async () => ({ outcome: 'ok' }), controller.signal)
      await emr.die()
      controller.abort()
      await listening
    })

    test('it may be closed twice, and nothing hangs afterwards', async () => {
      await adapter.close()
      await adapter.close()
      const receipt = heard(await adapter.deliver(referralParcel('suite-parcel-4', emr.institution.number), never()))
      expect(await emr.countRows('suite-parcel-4')).toBe(receipt.outcome === 'ok' ? 1 : 0)
      expect((await record()).resources).toEqual([])
    })
  })
}

/**
 * Listens while the EMR speaks once; answers the id of the first parcel, and the ids of all that were stored. Ends when the first one that
 * came (and perhaps was refused once) is stored.
 */
async function hear(
  adapter: EmrAdapter,
  emr: EmrUnderTest,
  how: 'refuse the first once' | 'take everything',
): Promise<readonly [string | undefined, readonly string[]]> {
  const controller = new AbortController()
  const stored: string[] = []
  let first: string | undefined
  let mayRefuse = how === 'refuse the first once'
  const take = async ({ id }: Parcel): Promise<Receipt> => {
    first ??= id
    if (mayRefuse) {
      mayRefuse = false
      return { outcome: 'transient', reason: 'try again later' }
    }
    stored.push(id)
    if (id === first) controller.abort()
    return { outcome: 'ok' }
  }
  const listening = adapter.listen?.(take, controller.signal)
  await emr.say?.()
  await listening
  await adapter.close()
  return [first, stored]
}

function subjectOf(resource: Resource): string | undefined {
  if (resource.resourceType === 'Patient') return `Patient/${resource.id ?? ''}`
  const holder: unknown = Reflect.get(resource, 'subject') ?? Reflect.get(resource, 'patient')
  return typeof holder === 'object' && holder !== null && 'reference' in holder ? String(holder.reference) : undefined
}
