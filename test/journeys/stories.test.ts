/** The nine stories of the sandbox network: who reads what of whom, on real sockets. */
import { randomUUID } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { facts } from '../../fhir-profiles/facts.ts'
import type { Resource, Task } from '../../fhir-profiles/r4.ts'
import { eachNetwork } from '../support/sandbox.ts'
import { chartOf, idsOf, institutions, numberAt, personOf, sourceOf, summarySources, type Institution } from '../support/stories.ts'
import { submission } from '../support/referrals.ts'

eachNetwork('the nine stories', (network) => {
  const own = async (number: number, institution: Institution): Promise<void> => {
    const person = await personOf(network(), number)
    const whole = await chartOf(await network().as(`patient-${number}`), person)
    const seen = await chartOf(await network().as(`${institution}-doctor`), person)
    expect(idsOf(seen)).toEqual(idsOf(whole, institution))
  }

  test('1: with consent and a referral, the summary holds all three institutions, each entry with its source', async () => {
    const person = await personOf(network(), 1)
    const whole = await chartOf(await network().as('patient-1'), person)
    for (const institution of institutions) expect(idsOf(whole, institution).length).toBeGreaterThan(2)
    for (const name of ['tertiary-doctor', 'clinic-doctor']) {
      const who = await network().as(name)
      expect(idsOf(await chartOf(who, person))).toEqual(idsOf(whole))
      expect(await summarySources(who, person)).toEqual(institutions)
    }
    const summary = (await (await network().as('tertiary-doctor')).get(`Patient/${person}/$summary`)).resource('Bundle')
    const [first] = summary.entry ?? []
    expect(summary.type).toBe('document')
    if (first?.resource?.resourceType !== 'Composition') throw new Error('a document begins with its Composition')
    const shown = new Map((summary.entry ?? []).map((entry) => [entry.fullUrl ?? '', entry.resource]))
    const referred = (first.resource.section ?? []).flatMap((section) => section.entry ?? [])
    expect(referred.length).toBeGreaterThan(20)
    for (const { reference, display } of referred) {
      expect(['해맑은의원', '한빛종합병원', '누리대학교병원']).toContain(display)
      expect(sourceOf(shown.get(reference ?? ''))).toBeDefined()
    }
    // The hospital is no party to the referral and the visit there is over: without need, consent alone opens nothing.
    await own(1, 'hospital')
  })

  test('2: without a consent, everybody reads the own institution only, and the patient reads all', async () => {
    for (const institution of institutions) await own(2, institution)
    const person = await personOf(network(), 2)
    expect(await summarySources(await network().as('patient-2'), person)).toEqual(institutions)
    expect(await summarySources(await network().as('tertiary-doctor'), person)).toEqual(['tertiary'])
  })

  test('3: denied as receiver and as source, the university hospital neither gets from others nor gives to them', async () => {
    const person = await personOf(network(), 3)
    const patient = await network().as('patient-3')
    await own(3, 'tertiary')
    // A referral gives clinic and hospital a need; what it brings along belongs to the chart from here on.
    const sent = await (await network().as('clinic-doctor')).post('', submission({ person, owner: 'hospital', specialty: '01' }))
    expect(sent.status).toBe(200)
    const whole = await chartOf(patient, person)
    expect(idsOf(whole, 'tertiary').length).toBeGreaterThan(2)
    for (const name of ['hospital-doctor', 'clinic-doctor']) {
      const seen = await chartOf(await network().as(name), person)
      expect(idsOf(seen)).toEqual(idsOf(whole, 'clinic', 'hospital'))
    }
    await own(3, 'tertiary')
  })

  describe('4: psychiatry is denied as a source', () => {
    const isPsychiatry = (resource: Resource, encounters: readonly string[]): boolean =>
      facts(resource).departments.includes('03') || encounters.includes(facts(resource).encounter ?? '')

    test('no psychiatry record of the hospital is seen elsewhere, everything else is', async () => {
      const person = await personOf(network(), 4)
      const whole = await chartOf(await network().as('patient-4'), person)
      const encounters = [...whole.values()].flatMap((each) =>
        each.resourceType === 'Encounter' && isPsychiatry(each, []) ? [`Encounter/${each.id}`] : [],
      )
      const hidden = [...whole].flatMap(([id, each]) => (isPsychiatry(each, encounters) ? [id] : []))
      const types = new Set(hidden.map((id) => String(whole.get(id)?.resourceType)))
      expect([...types].sort()).toEqual(['Condition', 'DiagnosticReport', 'Encounter', 'Observation'])
      const seen = await chartOf(await network().as('tertiary-doctor'), person)
      expect(idsOf(seen)).toEqual(idsOf(whole).filter((id) => !hidden.includes(id)))
      // In its own house the department stays part of the chart.
      await own(4, 'hospital')
    })

    test('the summary, searches, counts and reads agree that there is nothing, as if there were nothing', async () => {
      const doctor = await network().as('tertiary-doctor')
      const person = await personOf(network(), 4)
      const whole = await chartOf(await network().as('patient-4'), person)
      const isOf = (type: Resource['resourceType']) => (each: Resource) => each.resourceType === type && sourceOf(each) === 'hospital'
      const depression = [...whole.values()].find((each) => isOf('Condition')(each) && JSON.stringify(each).includes('F32.1'))
      const screening = [...whole.values()].find((each) => isOf('Observation')(each) && JSON.stringify(each).includes('44261-6'))
      expect(depression).toBeDefined()
      expect(screening).toBeDefined()
      const summary = await doctor.get(`Patient/${person}/$summary`)
      for (const word of ['F32', '우울', '44261-6', '정신건강']) expect(summary.text).not.toContain(word)
      for (const query of ['Condition?code=F32.1&', 'Observation?code=44261-6&', 'Encounter?service-type=03&']) {
        const found = await doctor.get(`${query}patient=${person}`)
        expect([query, found.status === 200 ? found.resource('Bundle').total : found.text]).toEqual([
          query,
          found.status === 200 ? 0 : found.text,
        ])
      }
      for (const type of ['Condition', 'Observation', 'Encounter'] as const) {
        const counted = (await doctor.get(`${type}?patient=${person}&_count=0`)).resource('Bundle')
        const listed = await doctor.get(`${type}?patient=${person}&_count=100`)
        expect(counted.total).toBe(listed.entries.length)
      }
      for (const record of [depression, screening]) {
        const read = await doctor.get(`${record?.resourceType ?? ''}/${record?.id ?? ''}`)
        const random = await doctor.get(`${record?.resourceType ?? ''}/${randomUUID()}`)
        expect([read.status, read.text]).toEqual([404, random.text])
      }
    })
  })

  test('5: for a child, the guardian signs and reads', async () => {
    const person = await personOf(network(), 5)
    const guardian = await network().as('guardian-5')
    expect(guardian.person).toBe(person)
    const whole = await chartOf(guardian, person)
    expect(await summarySources(await network().as('tertiary-doctor'), person)).toEqual(institutions)
    expect(idsOf(await chartOf(await network().as('tertiary-doctor'), person))).toEqual(idsOf(whole))
    const consents = (await guardian.get(`Consent?patient=${person}`)).entries
    expect(consents).toHaveLength(1)
    const foreign = await guardian.get(`Patient/${await personOf(network(), 1)}/$summary`)
    expect(foreign.status).toBe(404)
  })

  test('6: a directed consent opens the papers of its referral, and nothing else', async () => {
    const person = await personOf(network(), 6)
    const whole = await chartOf(await network().as('patient-6'), person)
    const seen = await chartOf(await network().as('tertiary-doctor'), person)
    const papers = idsOf(seen).filter((id) => sourceOf(seen.get(id)) !== 'tertiary')
    expect(idsOf(seen, 'tertiary')).toEqual(idsOf(whole, 'tertiary'))
    expect(papers.map((id) => String(seen.get(id)?.resourceType)).sort()).toEqual(['Condition', 'DocumentReference', 'ServiceRequest'])
    expect(idsOf(seen, 'clinic')).toEqual(papers)
    expect(idsOf(whole, 'clinic').length).toBeGreaterThan(papers.length + 5)
    await own(6, 'clinic')
    await own(6, 'hospital')
  })

  test('7 and 8: the same name and birth date are two people until a person decides', async () => {
    const [seventh, eighth] = [await personOf(network(), 7), await personOf(network(), 8)]
    expect(seventh).not.toBe(eighth)
    expect(await summarySources(await network().as('patient-7'), seventh)).toEqual(['clinic'])
    expect(await summarySources(await network().as('patient-8'), eighth)).toEqual(['hospital'])
    const isReview = (each: Resource): each is Task =>
      each.resourceType === 'Task' && each.code?.coding?.some((coding) => coding.code === 'identity-review') === true
    // Whose record came second is asked; both came within a second.
    const asked = await Promise.all(
      (['clinic', 'hospital'] as const).map(async (institution) => {
        const tasks = (await (await network().as(`${institution}-coordinator`)).get('Task?_count=50')).entries
        return tasks.filter(isReview).filter((task) => [seventh, eighth].includes(task.for?.reference?.slice('Patient/'.length) ?? ''))
      }),
    )
    const reviews = asked.flat()
    expect(reviews).toHaveLength(1)
    const [review] = reviews
    expect(review?.status).toBe('requested')
    const grades = (review?.input ?? []).map((input) => input.valueString ?? '')
    expect(grades).toHaveLength(1)
    expect(grades[0]).toMatch(/^name: agree, birthDate: agree, gender: agree, phone: disagree, address: disagree/)
    for (const value of ['김민준', '1990', '010-', '권선구', '동안구']) expect(JSON.stringify(review)).not.toContain(value)
  })

  describe('9: unconscious, without a consent', () => {
    test('nothing of others is shown until the emergency is declared, then it is, for that patient and doctor alone', async () => {
      const person = await personOf(network(), 9)
      await own(9, 'tertiary')
      const emergency = { purposes: ['TREAT', 'BTG'], patient: person, reason: 'unconscious', note: '의식 없음, 보호자 연락 안 됨' }
      const declared = await network().as('tertiary-doctor', emergency)
      const whole = await chartOf(await network().as('patient-9'), person)
      expect(await summarySources(declared, person)).toEqual(institutions)
      expect(idsOf(await chartOf(declared, person))).toEqual(idsOf(whole))
      // The ordinary token of the same doctor, and the declared one about somebody else, stay as they were.
      await own(9, 'tertiary')
      expect(await summarySources(declared, await personOf(network(), 2))).toEqual(['tertiary'])
    })

    test('the officer and the patient read in the ledger that the glass was broken, by whom and on which ground', async () => {
      const person = await personOf(network(), 9)
      for (const name of ['privacy-officer', 'patient-9', 'auditor']) {
        const events = (await (await network().as(name)).get(`AuditEvent?patient=${person}&_count=200`)).entries
        const broken = events.filter((each) => each.resourceType === 'AuditEvent' && each.subtype?.[0]?.code === 'break-glass')
        expect([name, broken.length]).toEqual([name, 1])
        expect(JSON.stringify(broken[0])).toContain('unconscious')
        expect(JSON.stringify(broken[0])).toContain('tertiary-doctor')
        expect(JSON.stringify(broken[0])).not.toContain('보호자')
      }
    })

    test.each([
      ['a nurse', 'clinic-nurse', { reason: 'unconscious', note: 'x' }],
      ['a ground that is none of the law', 'tertiary-doctor', { reason: 'curious', note: 'x' }],
      ['no ground', 'tertiary-doctor', { note: 'x' }],
      ['no words of the doctor', 'tertiary-doctor', { reason: 'unconscious' }],
    ])('%s gets no such token', async (_why, name, said) => {
      const patient = await personOf(network(), 9)
      await expect(network().as(name, { purposes: ['TREAT', 'BTG'], patient, ...said })).rejects.toThrow(`no token for \`${name}\``)
    })
  })

  describe('whoever may not see a record', () => {
    test('gets for it, byte for byte, what a random id gets', async () => {
      const person = await personOf(network(), 2)
      const whole = await chartOf(await network().as('patient-2'), person)
      const doctor = await network().as('tertiary-doctor')
      const foreign = [...whole.values()].filter((each) => sourceOf(each) !== 'tertiary')
      expect(foreign.length).toBeGreaterThan(10)
      for (const { resourceType, id } of foreign) {
        const [hidden, random] = await Promise.all([doctor.get(`${resourceType}/${id}`), doctor.get(`${resourceType}/${randomUUID()}`)])
        expect([hidden.status, hidden.text]).toEqual([404, random.text])
      }
    })

    test('learns from a summary or an everything no more than from one of a random id', async () => {
      const doctor = await network().as('tertiary-doctor')
      const clinicOnly = await personOf(network(), 7)
      for (const operation of ['', '/$summary', '/$everything']) {
        const [hidden, random] = await Promise.all([
          doctor.get(`Patient/${clinicOnly}${operation}`),
          doctor.get(`Patient/${randomUUID()}${operation}`),
        ])
        expect([hidden.status, hidden.text]).toEqual([404, random.text])
      }
      const found = await doctor.get(`Patient?identifier=${numberAt(7, 'clinic')}`)
      expect(found.entries).toEqual([])
    })
  })

  test('the officer reads who consented to what, and no chart', async () => {
    const officer = await network().as('privacy-officer')
    const expected = { 1: 'network', 3: 'network', 4: 'network', 5: 'network', 6: 'this referral' } as const
    for (const number of [1, 2, 3, 4, 5, 6, 7, 8, 9]) {
      const person = await personOf(network(), number)
      const consents = (await officer.get(`Consent?patient=${person}`)).entries.filter((each) => each.resourceType === 'Consent')
      const reaches = consents.map((each) => (each.provision?.data === undefined ? 'network' : 'this referral'))
      const known = Object.entries(expected).flatMap(([story, reach]) => (Number(story) === number ? [reach] : []))
      expect([number, reaches]).toEqual([number, known])
      for (const path of [`Patient/${person}/$everything`, `Condition?patient=${person}`, `Patient/${person}`])
        expect([number, path, (await officer.get(path)).status]).toEqual([number, path, 403])
    }
  })

  test('an EMR reads back its own partition and nothing of the others; operators read no chart', async () => {
    const system = await network().as('clinic-system')
    const chart = await system.get('Patient/C-0001/$everything')
    expect(chart.status).toBe(200)
    expect(new Set(chart.entries.map((each) => each.meta?.source))).toEqual(new Set(['urn:oid:1.2.410.100110.10.31100001']))
    expect((await system.get('Patient/H-0001')).text).toBe((await system.get(`Patient/${randomUUID()}`)).text)
    const person = await personOf(network(), 1)
    for (const name of ['clinic-system', 'privacy-officer', 'auditor', 'integrator', 'clinic-coordinator']) {
      expect([name, (await (await network().as(name)).get(`Patient/${person}/$summary`)).status]).toEqual([name, 403])
    }
  })
})
