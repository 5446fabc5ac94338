import { expect, test } from '@jest/globals'
import { parseJson } from '../../../fhir-profiles/json.ts'
import { isResource, validate } from '../../../fhir-profiles/validate/validate.ts'
import { describeShared, sharedFiles, sharedResources } from '../shared.ts'

const errors = (resource: unknown) => validate(resource)

describeShared('held against published resources', () => {
  const faulty = (folder: string) =>
    sharedResources(folder)
      .filter(({ value }) => isResource(value) && errors(value).length > 0)
      .map(({ name }) => name)

  test.each([
    'fhir-resources/r4-examples',
    'fhir-resources/synthea-r4',
    'kr-core/examples',
    'ips/examples',
    'referral/bser',
    'consent/r4-examples',
  ])('no false alarm in %s', (folder) => {
    expect(sharedResources(folder).length).toBeGreaterThan(0)
    expect(faulty(folder)).toEqual([])
  })

  test.each([
    'Bundle-TypeMissing',
    'Bundle-InvalidBundleType',
    'ObservationWithInvalidStatus',
    'ObservationWithNoCode',
    'PatientMissingResourceType',
    'PatientWithUnknownElements',
  ])('the deliberately wrong %s is refused', (name) => {
    const resource = sharedResources('fhir-resources/ms-fhir-server/Normative').find((file) => file.name === `${name}.json`)
    expect(errors(resource?.value).length).toBeGreaterThan(0)
  })

  test.each(['Patient', 'PatientWithMinimalData'])('the sound %s is taken', (name) => {
    const resource = sharedResources('fhir-resources/ms-fhir-server/Normative').find((file) => file.name === `${name}.json`)
    expect(errors(resource?.value)).toEqual([])
  })

  test('held against the reference validator: no false alarm, and a fifth of its findings', () => {
    const rows = sharedFiles('fhir-validator', 'cases.jsonl').flatMap(({ bytes }) =>
      bytes
        .toString()
        .trim()
        .split('\n')
        .map((line) => Object(JSON.parse(line))),
    )
    const files = new Map(sharedFiles('fhir-validator/files').map(({ name, bytes }) => [`files/${name}`, bytes]))
    const tally = { alarms: [] as string[], caught: 0, invalid: 0 }
    const refused = new Set<string>()
    for (const { file, expected, disputed, profile } of rows) {
      const bytes = files.get(String(file))
      if (bytes === undefined || disputed === true || profile !== undefined) continue
      const parsed = parseJson(bytes, { maxDepth: 100, maxBytes: 20_000_000 })
      const wrong = !parsed.ok || errors(parsed.value).length > 0
      if (expected === 'invalid') {
        tally.invalid += 1
        tally.caught += wrong ? 1 : 0
        if (wrong) refused.add(file)
      } else if (wrong) tally.alarms.push(file)
    }
    // A file that the reference accepts only under an option that skips the check is invalid in another row.
    expect(tally.alarms.filter((file) => !refused.has(file))).toEqual([])
    expect(tally.caught / tally.invalid).toBeGreaterThan(0.2)
  })
})
