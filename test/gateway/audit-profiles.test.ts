/** Every kind of entry the gateway writes, made by real requests: conforming to the BALP profile it claims, with the five fields of the law. */
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, expect, test } from '@jest/globals'
import { balpFaults } from '../../fhir-profiles/balp-check.ts'
import { balpProfiles } from '../../fhir-profiles/balp.ts'
import type { AuditEvent } from '../../fhir-profiles/r4.ts'
import { validate } from '../../fhir-profiles/validate/validate.ts'
import { takeParcel } from '../../gateway/incoming.ts'
import { signedIn } from '../../gateway/sign-in-entries.ts'
import type { Reply } from '../support/gateway-client.ts'
import { eachGateway } from '../support/gateway.ts'
import {
  condition,
  encounter,
  feed,
  found,
  openEncounter,
  patient,
  personId,
  referral,
  taskOf,
  transaction,
  withdraw,
  writeConsent,
} from './records.ts'

const none = 'no profile'
const claimed = (event: AuditEvent): string => event.meta?.profile?.[0]?.split('IHE.BasicAudit.')[1] ?? none
const actOf = (event: AuditEvent): string => event.subtype?.[0]?.code ?? ''

/** 계정, 접속일시, 접속지, 처리한 정보주체, 수행업무: what is missing, by name. 개인정보의 안전성 확보조치 기준 제8조. */
function missing(event: AuditEvent): readonly string[] {
  const user = event.agent.find(({ requestor }) => requestor)
  const persons = (event.entity ?? []).filter(({ type }) => type?.code === '1')
  const isSaid = ({ what }: (typeof persons)[number]): boolean =>
    what?.reference?.startsWith('Patient/') === true || what?.display === 'nobody'
  return Object.entries({
    account: (user?.who?.identifier?.value ?? '') !== '',
    time: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(event.recorded),
    place: event.agent.some(({ network }) => (network?.address ?? '') !== ''),
    persons: persons.length > 0 && persons.every(isSaid),
    task: actOf(event) !== '' && event.action !== undefined,
  }).flatMap(([name, isThere]) => (isThere ? [] : [name]))
}

eachGateway('every kind of ledger entry', { isSameOnBoth: true }, (gateway) => {
  const as = (name: string) => gateway().as(name)
  let [person, hidden, task] = ['', '', '']
  let written: Reply | undefined

  const rows = async (): Promise<readonly AuditEvent[]> => {
    const found = await gateway().context.store.sql.query<{ body: string }>('select body from ledger order by seq')
    // our own AuditEvents: what is in them is what is tested
    return found.rows.map(({ body }) => JSON.parse(body) as AuditEvent)
  }

  beforeAll(async () => {
    await feed(gateway(), 'clinic', [patient('clinic', 2), patient('clinic', 1), condition('own', 'C-0002', 'I10')])
    await feed(gateway(), 'hospital', [patient('hospital', 2), encounter('psy', 'H-0002', '03'), condition('hidden', 'H-0002', 'F32')])
    await feed(gateway(), 'tertiary', [patient('tertiary', 2), openEncounter('er', 'T-0002', '24')])
    person = await personId(gateway(), 2)
    hidden = found(await as('patient-2').get(`Condition?code=F32&patient=${person}`))[0]?.id ?? ''
  })

  const accept = [{ op: 'replace', path: '/status', value: 'accepted' }]
  /** act, profile it claims, and the requests that leave it */
  const kinds: readonly (readonly [act: string, profile: string, ask: () => Promise<unknown>])[] = [
    ['read', 'PatientRead', () => as('clinic-system').get('Condition/own')],
    ['read', 'PatientRead', () => as('clinic-doctor').get(`Patient/${person}`)],
    ['vread', 'PatientRead', () => as('clinic-system').get('Condition/own/_history/1')],
    ['history-instance', none, () => as('clinic-system').get('Condition/own/_history')],
    ['search-type', 'PatientQuery', () => as('clinic-doctor').get(`Condition?patient=${person}`)],
    ['search-type', 'Query', () => as('clinic-doctor').get('Patient?name=Zq7canary')],
    ['search-type', 'Query', () => as('clinic-system').get('Patient?gender=male,female')],
    ['summary', none, () => as('clinic-doctor').get(`Patient/${person}/$summary`)],
    ['everything', none, () => as('patient-2').get(`Patient/${person}/$everything`)],
    ['match', none, () => as('clinic-doctor').post('Patient/$match', { resourceType: 'Patient', birthDate: '1957-11-02' })],
    ['create', 'Create', () => as('clinic-system').post('Basic', { resourceType: 'Basic', code: { text: 'x' } })],
    ['create', 'PatientCreate', () => as('clinic-system').post('Condition', { ...condition('', 'C-0002', 'I10'), id: undefined })],
    ['update', 'PatientUpdate', () => as('clinic-system').put('Condition/own', condition('own', 'C-0002', 'I11'))],
    ['transaction', none, () => as('clinic-system').post('', transaction([condition('two', 'C-0002', 'E11')]))],
    ['delete', 'PatientDelete', () => as('clinic-system').delete('Condition/two')],
    ['delete', none, () => as('clinic-system').delete('Condition/Zq7canary')],
    ['create', 'PatientCreate', async () => (written = await writeConsent(gateway(), 2, 1))],
    ['referral-request', none, async () => (task = taskOf(await as('clinic-system').post('', referral('audit', 2))))],
    ['delivery', 'PrivacyDisclosure.Source', async () => until(async () => (await rows()).some((event) => actOf(event) === 'delivery'))],
    [
      'referral-response',
      none,
      async () => {
        const { headers } = await as('tertiary-coordinator').get(`Task/${task}`)
        return as('tertiary-coordinator').patch(`Task/${task}`, accept, { 'if-match': headers.get('etag') ?? '' })
      },
    ],
    ['patch', 'PatientUpdate', async () => withdraw(gateway(), 2, written ?? (await writeConsent(gateway(), 2, 1)))],
    ['read', none, () => as('clinic-doctor').get(`Condition/${hidden}`)],
    ['read', none, () => as('clinic-doctor').get('Condition/Zq7canary')],
    ['summary', none, () => as('clinic-doctor').get('Patient/Zq7canary/$summary')],
    ['search-type', 'PatientQuery', () => as('patient-2').get('AuditEvent')],
    ['search-type', 'Query', () => as('auditor').get('AuditEvent?_count=50')],
    ['read', 'Read', async () => as('auditor').get(`AuditEvent/${(await rows())[0]?.id}`)],
    ['read', none, () => as('auditor').get('AuditEvent/Zq7canary')],
    ['inclusion-proof', none, async () => as('auditor').get(`AuditEvent/${(await rows())[0]?.id}/$inclusion-proof`)],
    ['quarantine', none, () => as('integrator').get('$quarantine')],
    ['quarantine-replay', none, () => as('integrator').post('$quarantine-replay', replayOf('Zq7canary'))],
    [
      'feed',
      none,
      () =>
        takeParcel(gateway().context, 'clinic', {
          id: 'audit-parcel',
          kind: 'feed',
          bundle: { resourceType: 'Bundle', type: 'transaction', entry: [{ resource: { resourceType: 'Patient', id: 'C-0002' } }] },
          gaps: [],
        }),
    ],
    [
      'break-glass',
      none,
      () => gateway().token('tertiary-doctor', { purposes: ['TREAT', 'BTG'], patient: person, reason: 'unconscious', note: 'Zq7canary' }),
    ],
    ['login', none, () => signedIn(gateway().context)(grantOnThePage, '192.0.2.9')],
    [
      'logout',
      none,
      async () => {
        const token = await gateway().token('clinic-nurse')
        return gateway().raw('/oauth/logout', { method: 'POST', body: new URLSearchParams({ token }) })
      },
    ],
  ]

  test.each(kinds)('%s leaves an entry that claims %s', async (act, profile, ask) => {
    const before = (await rows()).length
    await ask()
    const events = (await rows()).slice(profile.startsWith('Privacy') ? 0 : before).filter((event) => actOf(event) === act)
    expect(events.map((event) => claimed(event))).toContain(profile)
  })

  test('none is without one of the five fields, invalid, or less than its profile asks', async () => {
    const events = await rows()
    expect(new Set(events.map(actOf)).size).toBeGreaterThanOrEqual(19)
    for (const event of events) {
      const profile = balpProfiles.find(({ url }) => url === event.meta?.profile?.[0])
      const told = {
        act: actOf(event),
        missing: missing(event),
        faults: profile === undefined ? [] : balpFaults(event, profile),
        invalid: validate(event).filter(({ severity }) => severity === 'error'),
      }
      expect(told).toEqual({ act: actOf(event), missing: [], faults: [], invalid: [] })
      if (event.meta?.profile !== undefined) expect(profile?.url).toBe(event.meta.profile[0])
    }
  })

  test("no value that was searched for, and no id that is not the network's, rests in any of them: not in clear, not in base64", async () => {
    const secrets = ['Zq7canary', 'C-0002', 'H-0002', 'T-0002', '1957-11-02', 'Condition/own']
    for (const event of await rows()) {
      const queries = (event.entity ?? []).map(({ query }) => Buffer.from(query ?? '', 'base64').toString('utf8'))
      for (const query of queries) expect(query.replaceAll(/=\*\*\*/g, '')).not.toContain('=')
      const text = JSON.stringify(event) + queries.join(' ')
      for (const secret of secrets) expect([actOf(event), secret, text.includes(secret)]).toEqual([actOf(event), secret, false])
    }
  })

  test('an entry about nobody says so, and a refusal says that a decision was taken', async () => {
    const events = await rows()
    const about = (event: AuditEvent) =>
      (event.entity ?? []).filter(({ type }) => type?.code === '1').map(({ what }) => what?.display ?? what?.reference)
    expect(about(events.find((event) => actOf(event) === 'login') ?? fail())).toEqual(['nobody'])
    const refused = events.filter((event) => event.outcome === '4' && about(event)[0] === `Patient/${person}`)
    expect(refused.length).toBeGreaterThan(0)
    for (const event of refused) expect(['AuthZ-Consent', 'AuthZ-Role']).toContain(event.subtype?.at(-1)?.code)
  })
})

const replayOf = (id: string) => ({ resourceType: 'Parameters', parameter: [{ name: 'id', valueString: id }] })

const grantOnThePage = {
  jti: 'jti-page',
  subject: 'tertiary-doctor',
  client: 'viewer',
  institution: 'tertiary',
  role: 'doctor',
  purposes: ['TREAT'],
  issuedMs: 0,
  expiresMs: 1,
  breakGlass: undefined,
  signIn: 'grant-1',
}

function fail(): never {
  throw new Error('there is no such entry')
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let left = 100; left > 0; left -= 1) {
    if (await isSo()) return
    await sleep(100)
  }
  throw new Error('it did not come')
}
