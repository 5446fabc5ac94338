/** Whom a consent can name: institutions, departments, people, groups of them, roles; and who then counts as named. */
import { describe, expect, test } from '@jest/globals'
import { compile } from '../../consent/compile.ts'
import { decide } from '../../consent/decide.ts'
import type { InstitutionConfig } from '../../gateway/config.ts'
import { readConfig } from '../../gateway/config-load.ts'
import type { Context } from '../../gateway/context.ts'
import { createDirectory } from '../../gateway/directory.ts'
import { accessRequest } from '../../gateway/judge.ts'
import type { Role } from '../../gateway/logic/access.ts'
import { consent, input, now, purposes, receiver, record, sandbox, source } from '../consent/support/builders.ts'

const institution = (id: string, number: string): InstitutionConfig => ({
  id,
  name: id,
  number,
  type: '11',
  phone: '02-000-0000',
  departments: [{ code: '03', name: '정신건강의학과' }],
  adapter: { kind: 'file-drop' },
})
const institutions = [institution('clinic', '31100001'), institution('tertiary', '01100003')]
const groups = [
  { id: 'heart-team', name: '심장팀', members: ['Practitioner/dr-kim', 'Organization/tertiary-03'] },
  { id: 'seoul', name: '서울 권역', members: ['Organization/tertiary'] },
]
const directory = createDirectory(institutions, groups)
// only what the request is made of
const context = { directory, config: { implicitPolicy: 'deny-between-institutions' } } as unknown as Context

const asked = (role: Role, at: string, practitioner: string, departments: readonly string[] = []) =>
  accessRequest(
    context,
    {
      subject: 'x',
      name: 'x',
      role,
      institution: at,
      departments,
      practitioner,
      person: '',
      purposes: ['TREAT'],
      scopes: [],
      jti: '',
      clientId: '',
      breakGlass: { kind: 'none' },
    },
    'access',
  )
const opens = (reference: string, ...who: Parameters<typeof asked>): boolean => {
  const permit = consent({ actor: [receiver({ reference })], purpose: purposes('TREAT') })
  const { rows } = compile(permit, input({ directory }))
  return decide(asked(...who), rows, record('clinic', { person: 'person-1' }), sandbox, now).permit
}

describe('a consent names', () => {
  test.each([
    ['Group/heart-team', true, true, false],
    ['Group/seoul', true, true, true],
    ['Group/nobody', false, false, false],
    ['PractitionerRole/doctor', true, false, false],
    ['PractitionerRole/tertiary-doctor', true, false, false],
    ['PractitionerRole/clinic-doctor', false, false, false],
    ['PractitionerRole/tertiary-system', false, false, false],
    ['Organization/tertiary', true, true, true],
    ['Organization/network', true, true, true],
    ['CareTeam/any', false, false, false],
    ['Patient/person-1', false, false, false],
    ['RelatedPerson/any', false, false, false],
  ])('%s: a member doctor, a nurse of its department, somebody else there', (reference, doctor, nurse, other) => {
    expect([
      opens(reference, 'doctor', 'tertiary', 'dr-kim'),
      opens(reference, 'nurse', 'tertiary', 'nurse-lee', ['03']),
      opens(reference, 'nurse', 'tertiary', 'nurse-choi', ['01']),
    ]).toEqual([doctor, nurse, other])
  })

  test('a group of its own people blinds a house to its own chart, as naming them would', () => {
    const refusal = consent({ type: 'deny', actor: [receiver({ reference: 'Group/heart-team' })] })
    const { rows } = compile(refusal, input({ directory }))
    const own = record('tertiary', { person: 'person-1' })
    expect(decide(asked('doctor', 'tertiary', 'dr-kim'), rows, own, sandbox, now).permit).toBe(false)
    expect(decide(asked('doctor', 'tertiary', 'dr-park'), rows, own, sandbox, now).permit).toBe(true)
  })

  test.each(['Group/seoul', 'PractitionerRole/doctor', 'CareTeam/any'])(
    '%s as source is not readable, so a refusal of it reaches everything',
    (reference) => {
      const refusal = compile(consent({ provision: [{ type: 'deny', actor: [source({ reference })] }] }), input({ directory }))
      expect(refusal.unreadable).toHaveLength(1)
      const answer = decide(asked('doctor', 'tertiary', 'dr-kim'), refusal.rows, record('clinic', { person: 'person-1' }), sandbox, now)
      expect(answer.permit).toBe(false)
    },
  )
})

test('a group with a stranger among its members, or a name twice, stops the start', () => {
  const content = {
    implicitPolicy: 'deny',
    institutions,
    groups: [...groups, { id: 'seoul', name: 'again', members: ['Organization/elsewhere'] }],
  }
  const read = readConfig({}, content, new Date())
  expect('faults' in read ? read.faults : []).toEqual([
    '`groups`: two have the id `seoul`',
    '`groups`: `seoul` has the member `Organization/elsewhere`, which is not in the directory',
  ])
})
