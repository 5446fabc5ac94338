/** The privacy officer sees who could see what before changing a consent, and the patient about themselves; nobody learns what is in a chart. */
import { randomUUID } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { extension, profile, system } from '../../fhir-profiles/codes.ts'
import type { Body, Reply, TestGateway } from '../support/gateway-client.ts'
import { eachGateway } from '../support/gateway.ts'
import {
  condition,
  feed,
  found,
  issueIds,
  numberAt,
  openEncounter,
  patient,
  personId,
  referral,
  writeConsent,
  type Elements,
} from './records.ts'

type Part = { readonly name: string; readonly part?: readonly Part[]; readonly [value: string]: unknown }

function partsOf(reply: Reply, name: string): readonly Part[] {
  const all = (reply.body['parameter'] ?? []) as readonly Part[]
  return all.filter((each) => each.name === name)
}

function value(part: Part | undefined, name: string): unknown {
  const found = part?.part?.find((each) => each.name === name)
  return found && Object.entries(found).find(([key]) => key.startsWith('value'))?.[1]
}

function inside(part: Part | undefined, name: string): Part | undefined {
  return part?.part?.find((each) => each.name === name)
}

/** The decision on one cell. */
function decisionOn(reply: Reply, of: { institution: string; kind: string; code?: string }, answer: 'now' | 'after' = 'now'): unknown {
  const cell = partsOf(reply, 'cell').find(
    (each) =>
      value(each, 'institution') === of.institution &&
      value(each, 'kind') === of.kind &&
      (of.code === undefined || value(each, of.kind) === of.code),
  )
  return value(inside(cell, answer), 'decision')
}

async function explain(gateway: TestGateway, name: string, query: Readonly<Record<string, string>>, id = ''): Promise<Reply> {
  return gateway.as(name).get(`Consent/${id === '' ? '' : `${id}/`}$explain?${new URLSearchParams(query).toString()}`)
}

const parameters = (words: Readonly<Record<string, string>>, consent: unknown): Elements => ({
  resourceType: 'Parameters',
  parameter: [
    ...Object.entries(words).map(([name, valueString]) => ({ name, valueString })),
    ...(consent === undefined ? [] : [{ name: 'consent', resource: consent }]),
  ],
})

const psychiatry = {
  type: 'deny',
  actor: [
    {
      role: { coding: [{ system: system.participation, code: 'CST' }] },
      reference: { identifier: { system: system.department, value: '03' } },
    },
  ],
}
const refusing = (consent: Body): Elements => ({
  ...consent,
  provision: { ...(consent['provision'] as Elements), provision: [psychiatry] },
})

eachGateway('$explain', { isSameOnBoth: true }, (gateway) => {
  test('answers over the directory and the consents: a patient with a chart and one without it are told apart by nothing', async () => {
    await feed(gateway(), 'clinic', [patient('clinic', 1), patient('clinic', 2), condition('secret', 'C-0001', 'F20')])
    await feed(gateway(), 'hospital', [patient('hospital', 1), patient('hospital', 2), patient('hospital', 4)])
    await feed(gateway(), 'tertiary', [
      patient('tertiary', 1),
      patient('tertiary', 2),
      patient('tertiary', 4),
      openEncounter('now', 'T-0001', '03'),
    ])
    await feed(gateway(), 'clinic', [patient('clinic', 4)])
    const ask = { institution: 'tertiary', date: '2026-03-02T09:00:00+09:00' }
    const [one, two] = await Promise.all(
      [1, 2].map(async (number) => explain(gateway(), 'privacy-officer', { ...ask, person: await personId(gateway(), number) })),
    )
    expect([one?.status, one?.text]).toEqual([200, two?.text])
    expect(one?.text).not.toContain('F20')
    expect([
      ...new Set(
        partsOf(one as Reply, 'cell').map((each) => [value(each, 'institution'), value(inside(each, 'now'), 'decision')].join(' ')),
      ),
    ]).toEqual(['clinic deny', 'hospital deny', 'tertiary permit'])
  })

  test('says before a consent is edited what the edit will do, writes nothing but its own entry, and is right', async () => {
    const consent = await writeConsent(gateway(), 1)
    const person = await personId(gateway(), 1)
    const officer = gateway().as('privacy-officer')
    const ask = { person, institution: 'tertiary' }
    const dry = await officer.post('Consent/$explain', parameters(ask, refusing(consent.body)))
    expect(dry.status).toBe(200)
    const hospital = { institution: 'hospital', kind: 'department', code: '03' }
    expect([decisionOn(dry, hospital), decisionOn(dry, hospital, 'after')]).toEqual(['permit', 'deny'])
    expect([decisionOn(dry, { institution: 'hospital', kind: 'plain' }, 'after')]).toEqual(['permit'])
    const [told] = partsOf(dry, 'consent')
    expect([value(told, 'edited'), value(told, 'ko')]).toEqual([
      true,
      expect.stringContaining('다만 정신건강의학과의 기록은 제공하지 않습니다.'),
    ])
    const changed = partsOf(dry, 'cell').filter((each) => value(each, 'changed') === true)
    expect(new Set(changed.map((each) => value(each, 'kind')))).toEqual(new Set(['department']))
    expect(value(inside(changed[0], 'after'), 'ko')).toBe(
      '해맑은의원의 정신건강의학과 기록 (모든 종류): 환자가 거부하여 제공하지 않습니다.',
    )
    // nothing was written
    expect((await gateway().as('patient-1').get(`Consent/${consent.body.id}`)).body.meta?.versionId).toBe('1')
    expect(decisionOn(await explain(gateway(), 'privacy-officer', ask), hospital)).toBe('permit')
    const entries = found(await gateway().as('patient-1').get(`AuditEvent?patient=${person}&_count=50`))
    expect(entries.filter((each) => JSON.stringify(each).includes('consent-explain')).length).toBe(3)
    // and then it is done
    const put = await officer.send(
      'PUT',
      `Consent/${consent.body.id}`,
      { 'content-type': 'application/fhir+json', 'if-match': 'W/"1"' },
      JSON.stringify(refusing(consent.body)),
    )
    expect(put.status).toBe(200)
    const live = await explain(gateway(), 'privacy-officer', ask, consent.body.id)
    const [cell] = partsOf(live, 'cell').filter((each) => value(each, 'institution') === 'hospital' && value(each, 'department') === '03')
    expect([decisionOn(live, hospital), value(inside(inside(cell, 'now'), 'reason'), 'path')]).toEqual([
      'deny',
      'Consent.provision.provision[0]',
    ])
    expect(value(partsOf(live, 'consent')[0], 'enforcementStatus')).toBe('enforced')
  })

  test('refuses in the dry run what a write would refuse, and what it does not know', async () => {
    const officer = gateway().as('privacy-officer')
    const person = await personId(gateway(), 1)
    const [consent] = found(await officer.get(`Consent?patient=${person}`))
    const tries: readonly (readonly [unknown, number, string])[] = [
      [parameters({ person, institution: 'tertiary' }, { ...consent, organization: [] }), 400, ''],
      [
        parameters({ person, institution: 'tertiary' }, { ...consent, organization: [{ reference: 'Organization/nowhere' }] }),
        422,
        'unenforceable-consent',
      ],
      [parameters({ person, institution: 'tertiary' }, { ...consent, id: 'another' }), 422, 'unknown-consent'],
      [parameters({ person, institution: 'nowhere' }, undefined), 422, 'explain-input'],
      [parameters({ person, institution: 'tertiary', role: 'nurse', purpose: 'BTG' }, undefined), 422, 'explain-input'],
      [parameters({ person }, undefined), 400, 'required-parameter'],
      [parameters({ person, institution: 'tertiary', surprise: 'x' }, undefined), 400, 'unsupported-parameter'],
    ]
    for (const [body, status, id] of tries) {
      const reply = await officer.post('Consent/$explain', body)
      expect({ status: reply.status, id: id === '' ? '' : issueIds(reply.body)[0] }).toEqual({ status, id })
    }
  })

  test('a patient asks about themselves alone; somebody else’s consent, a random one and an unknown person are one answer', async () => {
    const mine = gateway().as('patient-2')
    expect((await mine.get('Consent/$explain?institution=tertiary')).status).toBe(200)
    const other = await personId(gateway(), 1)
    const [consent] = found(await gateway().as('patient-1').get('Consent'))
    const paths = [
      `$explain?institution=tertiary&person=${other}`,
      `$explain?institution=tertiary&person=${randomUUID()}`,
      `${consent?.id}/$explain?institution=tertiary`,
      `${randomUUID()}/$explain?institution=tertiary`,
    ]
    const replies = await Promise.all(paths.map((path) => mine.get(`Consent/${path}`)))
    expect(replies.map((reply) => reply.status)).toEqual([404, 404, 404, 404])
    expect(new Set(replies.map((reply) => reply.text.replace(/"diagnostics":"[^"]*"/, ''))).size).toBe(1)
    for (const name of ['tertiary-doctor', 'clinic-system', 'auditor', 'integrator', 'tertiary-coordinator']) {
      expect((await explain(gateway(), name, { institution: 'tertiary', person: other })).status).toBe(403)
    }
  })

  test('an emergency, a coordinator and a date are judged as they would be', async () => {
    const person = await personId(gateway(), 4)
    await writeConsent(gateway(), 4)
    const ask = { person, institution: 'tertiary' }
    const psychiatric = { institution: 'hospital', kind: 'department', code: '03' }
    const decided = async (more: Readonly<Record<string, string>>) =>
      decisionOn(await explain(gateway(), 'privacy-officer', { ...ask, ...more }), psychiatric)
    expect([await decided({}), await decided({ purpose: 'BTG' }), await decided({ purpose: 'HRESCH' })]).toEqual(['deny', 'permit', 'deny'])
    const coordinator = await explain(gateway(), 'privacy-officer', { ...ask, role: 'coordinator' })
    const plain = partsOf(coordinator, 'cell').filter(
      (each) => value(each, 'institution') === 'hospital' && value(each, 'kind') === 'plain',
    )
    const permitted = plain.filter((each) => value(inside(each, 'now'), 'decision') === 'permit')
    expect(permitted.flatMap((each) => each.part?.flatMap((part) => (part.name === 'class' ? [part['valueString']] : [])))).toEqual([
      'DocumentReference',
      'ServiceRequest',
    ])
    const own = await explain(gateway(), 'privacy-officer', { person, role: 'patient' })
    expect(decisionOn(own, psychiatric)).toBe('permit')
  })

  test('what a consent says that cannot be read waits for the officer, once per version, and is completed by patch', async () => {
    const officer = gateway().as('privacy-officer')
    const person = await personId(gateway(), 2)
    const [model] = found(await officer.get(`Consent?patient=${await personId(gateway(), 4)}`))
    const { id: _, meta: __, ...rest } = model ?? {}
    const strange = { type: 'deny', purpose: [{ system: 'https://example.org/own', code: 'x' }] }
    const provision = { ...(model?.['provision'] as Elements), provision: [strange] }
    const posted = await officer.post('Consent', { ...rest, patient: { reference: `Patient/${person}` }, provision })
    expect(posted.status).toBe(201)
    const answer = await explain(gateway(), 'privacy-officer', { institution: 'tertiary' }, posted.body.id)
    const [told] = partsOf(answer, 'consent')
    expect([value(told, 'enforcementStatus'), value(told, 'unreadable')]).toEqual([
      'over-refused',
      'Consent.provision.provision[0].purpose[0]: not a purpose of use',
    ])
    const tasks = found(await officer.get('Task?status=requested'))
    expect(tasks.map((task) => [task['code'], task['focus']])).toEqual([
      [{ coding: [{ system: system.taskCode, code: 'consent-review' }] }, { reference: `Consent/${posted.body.id}/_history/1` }],
    ])
    // it is the officer's alone
    const task = tasks[0]?.id ?? ''
    for (const name of ['patient-2', 'tertiary-doctor', 'clinic-system'])
      expect((await gateway().as(name).get(`Task/${task}`)).status).toBe(404)
    const put = (body: unknown, version: string) =>
      officer.send(
        'PUT',
        `Consent/${posted.body.id}`,
        { 'content-type': 'application/fhir+json', 'if-match': `W/"${version}"` },
        JSON.stringify(body),
      )
    expect((await put({ ...posted.body, status: 'active' }, '1')).status).toBe(200)
    const [open, ended] = [found(await officer.get('Task?status=requested')), found(await officer.get('Task?status=cancelled'))]
    expect([open.length, ended.map(({ id }) => id)]).toEqual([1, [task]])
    const complete = [{ op: 'replace', path: '/status', value: 'completed' }]
    const second = open[0]?.id ?? ''
    expect((await officer.patch(`Task/${second}`, complete)).status).toBe(400)
    const done = await officer.patch(`Task/${second}`, complete, { 'if-match': 'W/"1"' })
    expect([done.status, done.body.status]).toEqual([200, 'completed'])
    expect((await officer.patch(`Task/${second}`, complete, { 'if-match': 'W/"2"' })).status).toBe(422)
    expect((await put({ ...posted.body, provision: model?.['provision'] }, '2')).status).toBe(200)
    expect(found(await officer.get('Task?status=requested'))).toEqual([])
  })

  test('the officer moves no referral', async () => {
    const sent = await gateway().as('clinic-system').post('', referral('r1', 1))
    expect(sent.status).toBe(200)
    const task = /Task\/([^/]+)\/_history/.exec(sent.text)?.[1] ?? ''
    const officer = gateway().as('privacy-officer')
    const step = [{ op: 'replace', path: '/status', value: 'accepted' }]
    const [real, random] = [
      await officer.patch(`Task/${task}`, step, { 'if-match': 'W/"1"' }),
      await officer.patch(`Task/${randomUUID()}`, step, { 'if-match': 'W/"1"' }),
    ]
    expect([real.status, random.status, (await officer.get(`Task/${task}`)).status]).toEqual([404, 404, 404])
  })

  test('a consent that names another takes its place in one step, and a Provenance says so to the officer', async () => {
    const patientOf = gateway().as('patient-1')
    const officer = gateway().as('privacy-officer')
    const person = await personId(gateway(), 1)
    const [older] = found(await patientOf.get('Consent?status=active'))
    const { id, meta: __, ...rest } = older ?? {}
    const naming = (reference: string) => ({ ...rest, extension: [{ url: extension.replaces, valueReference: { reference } }] })
    const [strange] = found(await gateway().as('patient-4').get('Consent'))
    for (const reference of [`Consent/${strange?.id}`, `Consent/${randomUUID()}`]) {
      const refused = await patientOf.post('Consent', naming(reference))
      expect([refused.status, issueIds(refused.body), refused.body.issue?.[0]?.diagnostics]).toEqual([
        422,
        ['consent-replaces'],
        'the consent named is not known for this patient',
      ])
    }
    expect(found(await patientOf.get('Consent?status=active')).length).toBe(1)
    const dry = await officer.post('Consent/$explain', parameters({ person, institution: 'tertiary' }, naming(`Consent/${id}`)))
    const dryStatus = partsOf(dry, 'consent').map((each) => value(each, 'enforcementStatus'))
    expect(dryStatus).toEqual(['enforced', 'superseded'])

    const posted = await patientOf.post('Consent', naming(`Consent/${id}`))
    expect(posted.status).toBe(201)
    expect((await patientOf.get(`Consent/${id}`)).body.status).toBe('inactive')
    const answer = await explain(gateway(), 'privacy-officer', { institution: 'tertiary' }, id)
    expect([value(partsOf(answer, 'consent')[0], 'enforcementStatus'), value(partsOf(answer, 'consent')[0], 'replacedBy')]).toEqual([
      'superseded',
      { reference: `Consent/${posted.body.id}` },
    ])
    // whatever an institution calls its own Provenance stays the institution's
    const forged = {
      resourceType: 'Provenance',
      id: 'forged',
      meta: { profile: [profile.supersession] },
      target: [{ reference: 'Patient/C-0001' }],
      recorded: '2026-03-02T09:00:00+09:00',
      agent: [{ who: { display: 'x' } }],
    }
    await feed(gateway(), 'clinic', [forged])
    const provenance = found(await officer.get('Provenance'))
    expect(provenance.map((each) => each['entity'])).toEqual([[{ role: 'revision', what: { reference: `Consent/${id}/_history/2` } }]])
    expect((await officer.get(`Provenance/${provenance[0]?.id}`)).status).toBe(200)
    for (const name of ['tertiary-doctor', 'patient-4', 'clinic-system']) {
      expect((await gateway().as(name).get(`Provenance/${provenance[0]?.id}`)).status).toBe(404)
    }
    // naming it again in a later version replaces nothing anew
    const again = await patientOf.patch(`Consent/${posted.body.id}`, [{ op: 'add', path: '/dateTime', value: '2026-03-02' }], {
      'if-match': 'W/"1"',
    })
    expect(again.status).toBe(200)
    expect(numberAt('clinic', 1)).toBe('C-0001')
  })
})
