/** A person of the sandbox's population as a page of text, for people who want to read one. */
import type { Patient, Visit } from '../../adapters/sandbox/population/care.ts'

export function chartText(patient: Patient): string {
  const { number, name, gender, birthDate, at, payer, guardian, twin, namesake, allergies, visits } = patient
  const ties = [
    guardian === undefined ? '' : `보호자 ${guardian.name}(${guardian.relation})`,
    twin === undefined ? '' : `쌍둥이 ${twin}`,
    namesake === undefined ? '' : `동명이인 ${namesake}`,
  ].filter((tie) => tie !== '')
  const known = allergies.map(
    (allergy) => `  알레르기 ${allergy.name}: ${allergy.reaction} (${allergy.since}, ${allergy.knownAt.join('·')})`,
  )
  return [
    `${number} ${name} ${gender === 'male' ? '남' : '여'} ${birthDate} ${payer === '4' ? '건강보험' : '의료급여'} [${at.join('·')}] ${ties.join(', ')}`,
    ...known,
    ...visits.map(visitText),
  ].join('\n')
}

function visitText(visit: Visit): string {
  const { start, end, place, department, kind, diagnoses, prescriptions, panels, vitals, vaccinations, procedures, documents } = visit
  const { pressure, heightCm, weightKg, celsius } = vitals
  const lines = [
    diagnoses.map(({ kcd, name }) => `${kcd} ${name}`).join(' / '),
    [
      pressure === undefined ? '' : `혈압 ${pressure.join('/')}`,
      heightCm === undefined ? '' : `${heightCm} cm`,
      weightKg === undefined ? '' : `${weightKg} kg`,
      celsius === undefined ? '' : `${celsius} ℃`,
    ]
      .filter((part) => part !== '')
      .join(', '),
    ...panels.map(({ panel, results }) => `${panel}: ${results.map(({ test, value }) => `${test.name} ${value}${test.unit}`).join(', ')}`),
    prescriptions.map(({ drug, dose, timesADay, days }) => `${drug.product} ${dose}${drug.unit} x${timesADay} ${days}일`).join('; '),
    ...vaccinations.map(({ name }) => `접종 ${name}`),
    ...procedures.map(({ name }) => `시술 ${name}`),
    ...documents.map(({ title, text }) => `[${title}] ${text.replaceAll('\n', ' ')}`),
  ].filter((line) => line !== '')
  const until = kind === 'outpatient' ? '' : ` ~ ${end.replace('T', ' ')}`
  return [`  ${start.replace('T', ' ')}${until} ${place}/${department} ${kind}`, ...lines.map((line) => `    ${line}`)].join('\n')
}
