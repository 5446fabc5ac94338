import { describe, expect, test } from '@jest/globals'
import { lookup, validateInSystem } from '../../../fhir-profiles/terminology/ask.ts'
import { bundledSource, bundledTerminology } from '../../../fhir-profiles/terminology/terminology.ts'
import { isUcum } from '../../../fhir-profiles/terminology/ucum.ts'
import { metricAtoms, plainAtoms } from '../../../fhir-profiles/terminology/ucum-atoms.ts'
import { krCorePolicy, validatorWith } from '../../../fhir-profiles/validate/validator.ts'

const ucum = 'http://unitsofmeasure.org'

describe('units of UCUM', () => {
  test.each(
    `mm[Hg] cm[H2O] /min 1/min % {score} {} 10*3/uL 10^9/L 10*-3 [iU]/L Cel [degF] mg/dL mol/L mmol/L meq/L m/s2 g.m/s2 (m.s)/kg s-1 m2 kPa
    g{wet}/d mg/kg{body'weight} [anti'Xa'U]/mL [lb_av] 1 100 10{cells} B[10.nV] '' u[IU]/mL dB U/L`.split(/\s+/),
  )('`%s` is one', (code) => {
    expect(isUcum(code)).toBe(true)
  })

  test.each([
    ...`mmHg IU/L mg/dl/ m//s foo k[degF] dad KM lbs cc ℃ ㎎ (mg mg) a+ x10*3 2m m/ 10 . / mg.`.split(' ').filter((code) => code !== '10'),
    '',
    'mg mg',
    'mg{a b}',
    'mg{한}',
    '[Hg',
  ])('`%s` is none', (code) => {
    expect(isUcum(code)).toBe(false)
  })

  test('an expression nested without end, or as long as a code may be, comes to an end', () => {
    expect(isUcum(`${'('.repeat(500)}m${')'.repeat(500)}`)).toBe(false)
    expect(isUcum('m.'.repeat(5000))).toBe(false)
  })

  test('every atom is a unit, and every unit R4 lists by name is one', () => {
    expect([...metricAtoms, ...plainAtoms].filter((atom) => !isUcum(atom))).toEqual([])
    const table = bundledSource().system(ucum)
    const listed = Array.from({ length: table?.size ?? 0 }, (_, at) => table?.codeAt(at) ?? '')
    expect(listed.length).toBeGreaterThan(300)
    expect(listed.filter((code) => !isUcum(code))).toEqual([])
  })

  test('the terminology service says so, with a name where one is known', () => {
    const source = bundledSource()
    expect(validateInSystem(source, { system: ucum, code: '10*3/uL', display: '' })).toMatchObject({ result: true })
    expect(validateInSystem(source, { system: ucum, code: 'mmHg', display: '' })).toMatchObject({ result: false })
    expect(lookup(source, { system: ucum, code: 'mg/kg{dry}' })).toMatchObject({ display: 'mg/kg{dry}' })
    expect(lookup(source, { system: ucum, code: 'foo' })).toBeUndefined()
  })

  test('a Quantity whose coded unit is none is told, and is an error where the network has agreed on that', () => {
    const observation = {
      resourceType: 'Observation',
      status: 'final',
      code: { text: 'x' },
      valueQuantity: { value: 1, system: ucum, code: 'mmHg' },
    }
    const found = (policy: object) =>
      validatorWith({ terminology: bundledTerminology(), policy })
        .validate(observation)
        .filter(({ id }) => id === 'code-unknown')
        .map(({ severity, expression }) => `${severity} ${expression}`)
    expect(found({})).toEqual(['warning Observation.value.ofType(Quantity)'])
    expect(found(krCorePolicy)).toEqual(['error Observation.value.ofType(Quantity)'])
  })
})
