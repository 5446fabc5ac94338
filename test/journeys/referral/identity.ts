/** Whose record is it? Certain links, possible waits for a person, none stands alone; also when both arrive at the same moment. */
import { describe, expect, test } from '@jest/globals'
import { patientNumberSystem, system } from '../../../fhir-profiles/codes.ts'
import type { Task } from '../../../fhir-profiles/r4.ts'
import { sandboxInstitutions } from '../../../adapters/sandbox/people.ts'
import type { Network } from '../../support/sandbox.ts'
import { until } from '../../support/stories.ts'

interface Someone {
  readonly name: string
  readonly birthDate: string
  readonly phone: string
}

type Home = 'clinic' | 'hospital'

export function identity(network: () => Network): void {
  const store = async (at: Home, number: string, { name, birthDate, phone }: Someone): Promise<void> => {
    const patient = {
      resourceType: 'Patient',
      id: number,
      identifier: [{ system: patientNumberSystem(sandboxInstitutions[at].number), value: number }],
      name: [{ text: name }],
      gender: 'female',
      birthDate,
      telecom: [{ system: 'phone', value: phone }],
    }
    expect((await (await network().as(`${at}-system`)).put(`Patient/${number}`, patient)).status).toBe(201)
  }
  const personAt = async (at: Home, number: string): Promise<string> => {
    const numbers = patientNumberSystem(sandboxInstitutions[at].number)
    const found = (await (await network().as(`${at}-doctor`)).get(`Patient?identifier=${numbers}|${number}`)).entries
    expect(found).toHaveLength(1)
    return found[0]?.id ?? ''
  }
  const reviews = async (at: Home, person: string): Promise<readonly Task[]> =>
    (await (await network().as(`${at}-coordinator`)).get('Task?_count=100')).entries
      .filter((each) => each.resourceType === 'Task')
      .filter((task) => task.code?.coding?.[0]?.code === 'identity-review' && task.for?.reference === `Patient/${person}`)

  describe('identity', () => {
    test('certain: the same name, birth date, sex and phone are one person, also when both records arrive at the same moment', async () => {
      const numbers = Array.from({ length: 8 }, (_, at) => `8${at}01`)
      for (const at of numbers.keys()) {
        const someone = { name: '차은별', birthDate: `197${at}-05-0${at + 1}`, phone: `010-7700-000${at}` }
        await Promise.all([store('clinic', `C-${numbers[at]}`, someone), store('hospital', `H-${numbers[at]}`, someone)])
      }
      for (const number of numbers) expect(await personAt('hospital', `H-${number}`)).toBe(await personAt('clinic', `C-${number}`))
    })

    test('none: another birth date and phone is another person, and nobody is asked', async () => {
      await store('clinic', 'C-9101', { name: '하예나', birthDate: '1961-02-03', phone: '010-7701-0001' })
      await store('hospital', 'H-9101', { name: '하예나', birthDate: '1988-09-10', phone: '010-7701-0002' })
      const person = await personAt('hospital', 'H-9101')
      expect(person).not.toBe(await personAt('clinic', 'C-9101'))
      expect(await reviews('hospital', person)).toEqual([])
    })

    test.each([
      ['same', '9201', '1971-01-01'],
      ['different', '9202', '1971-01-02'],
    ])('possible: a person decides `%s`, once, seeing grades and no values', async (verdict, number, birthDate) => {
      await store('clinic', `C-${number}`, { name: '마루리', birthDate, phone: '010-7702-0001' })
      await store('hospital', `H-${number}`, { name: '마루리', birthDate, phone: '010-7702-9999' })
      const [inClinic, inHospital] = [await personAt('clinic', `C-${number}`), await personAt('hospital', `H-${number}`)]
      expect(inHospital).not.toBe(inClinic)
      const review = await until('the review', async () => (await reviews('hospital', inHospital))[0])
      expect(review.input?.[0]?.valueString).toMatch(/^name: agree, birthDate: agree, .*phone: disagree/)
      for (const value of ['마루리', birthDate, '7702']) expect(JSON.stringify(review)).not.toContain(value)
      expect((await (await network().as('clinic-coordinator')).get(`Task/${review.id}`)).status).toBe(404)
      const coordinator = await network().as('hospital-coordinator')
      const operations = [
        { op: 'replace', path: '/status', value: 'completed' },
        {
          op: 'add',
          path: '/output',
          value: [{ type: { coding: [{ system: system.taskOutput, code: 'verdict' }] }, valueString: verdict }],
        },
      ]
      const version = review.meta?.versionId
      expect((await coordinator.patch(`Task/${review.id}`, operations.slice(0, 1), version)).status).toBe(422)
      expect((await coordinator.patch(`Task/${review.id}`, operations, version)).status).toBe(200)
      expect((await coordinator.patch(`Task/${review.id}`, operations, '2')).status).toBe(422)
      const now = await personAt('hospital', `H-${number}`)
      expect(now === (await personAt('clinic', `C-${number}`))).toBe(verdict === 'same')
    })
  })
}
