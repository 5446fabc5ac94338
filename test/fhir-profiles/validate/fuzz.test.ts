import { expect, test } from '@jest/globals'
import { definitionsWith } from '../../../fhir-profiles/definitions/definitions.ts'
import { typesOf } from '../../../fhir-profiles/validate/type-info.ts'
import { isValid, validatorWith } from '../../../fhir-profiles/validate/validator.ts'
import { cases, scale, seedOr } from '../../support/proof.ts'
import { instanceOf, mutated, pick, randomFrom, reordered, resourceTypesOf } from './generated.ts'

const definitions = definitionsWith([])
const types = typesOf(definitions)
const validator = validatorWith({
  definitions,
  terminology: { inValueSet: () => 'unknown', knowsSystem: () => false, display: () => undefined },
})
/** 100,000 at the scale of `npm run prove` */
const tries = scale === 1 ? 250 : cases(10_000)
const common = ['Patient', 'Observation', 'Bundle', 'Questionnaire', 'QuestionnaireResponse', 'StructureDefinition', 'MedicationRequest']

test('a mutated resource is judged without a crash or a hang, and alike whatever the order of its keys', () => {
  const random = randomFrom(seedOr(61123))
  const names = [...resourceTypesOf(types), ...common, ...common, ...common, ...common]
  for (let index = 0; index < tries; index += 1) {
    const type = types.of(pick(random, names) ?? 'Patient')
    if (type === undefined) continue
    let resource: unknown = instanceOf(types, type, random)
    for (let times = Math.floor(random() * 4); times > 0; times -= 1) resource = mutated(resource, random)
    const startedAt = performance.now()
    const findings = validator.validate(resource, { maxFindings: 10_000 })
    expect(performance.now() - startedAt).toBeLessThan(5000)
    const again = validator.validate(reordered(resource, random), { maxFindings: 10_000 })
    expect(isValid(again)).toBe(isValid(findings))
    const told = (list: typeof findings) => list.map(({ id, expression }) => `${id} ${expression}`).toSorted()
    expect(told(again)).toEqual(told(findings))
  }
})
