import { expect, test } from '@jest/globals'
import { bundleOf } from '../../gateway/deliver-bundle.ts'
import { octetsOf } from '../../fhir-profiles/octets.ts'

const patient = { resourceType: 'Patient' as const, id: 'p' }
const task = { resourceType: 'Task' as const, id: 't', status: 'completed' as const, intent: 'order' as const }

test('a delivered result has the digits its laboratory wrote: 1.50 is not 1.5', () => {
  const texts = ['1.50', '0.0', '12345678901234567890'].map(
    (digits, at) =>
      `{"resourceType":"Observation","id":"o${at}","status":"final","code":{"text":"x"},"valueQuantity":{"value":${digits},"unit":"mg"}}`,
  )
  const bundle = JSON.stringify(bundleOf('parcel-1', { task, patient, parts: texts.map((text) => ({ text: octetsOf(text) })) }))
  for (const text of texts) expect(bundle).toContain(text)
})

test('a report that was refused is not named by the Task that would have brought it', () => {
  const output = ['DiagnosticReport/r1', 'DiagnosticReport/r2'].map((reference) => ({
    type: { text: 'report' },
    valueReference: { reference },
  }))
  const parts = [{ text: octetsOf('{"resourceType":"DiagnosticReport","id":"r1","status":"final","code":{"text":"x"}}') }]
  const text = JSON.stringify(bundleOf('parcel-1', { task: { ...task, output }, patient, parts }))
  expect([text.includes('DiagnosticReport/r1'), text.includes('DiagnosticReport/r2')]).toEqual([true, false])
})
