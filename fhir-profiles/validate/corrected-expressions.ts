/**
 * Invariants R4 published with a mistake, as later versions of FHIR and the reference validator have them.
 * Spec: http://hl7.org/fhir/R4/questionnaire.html#invs, http://hl7.org/fhir/R5/elementdefinition.html#invs
 */
export const correctedExpressions: ReadonlyMap<string, string> = new Map([
  // "if there are more than one enableWhen": two are more than one
  ['enableWhen.count() > 2 implies enableBehavior.exists()', 'enableWhen.count() > 1 implies enableBehavior.exists()'],
  // JavaScript's regular expressions of Unicode do not take the escapes of signs that need none
  [
    String.raw`sliceName.empty() or sliceName.matches('^[a-zA-Z0-9\\/\\-_\\[\\]\\@]+$')`,
    String.raw`sliceName.empty() or sliceName.matches('^[a-zA-Z0-9\\/\\-_\\[\\]@]+$')`,
  ],
  [
    String.raw`path.matches('[^\\s\\.,:;\\\'"\\/|?!@#$%&*()\\[\\]{}]{1,64}(\\.[^\\s\\.,:;\\\'"\\/|?!@#$%&*()\\[\\]{}]{1,64}(\\[x\\])?(\\:[^\\s\\.]+)?)*')`,
    String.raw`path.matches('[^\\s.,:;\'"\\/|?!@#$%&*()\\[\\]\\{\\}]{1,64}(\\.[^\\s.,:;\'"\\/|?!@#$%&*()\\[\\]\\{\\}]{1,64}(\\[x\\])?(:[^\\s.]+)?)*')`,
  ],
  [
    String.raw`path.matches('[A-Za-z][A-Za-z0-9]*(\\.[a-z][A-Za-z0-9]*(\\[x])?)*')`,
    String.raw`path.matches('[A-Za-z][A-Za-z0-9]*(\\.[a-z][A-Za-z0-9]*(\\[x\\])?)*')`,
  ],
])

/**
 * Required bindings R4 states too widely: the vital signs profiles bind the unit of every component, so that a heart rate could not carry
 * an oxygen flow. Later versions and the reference validator do not. Spec: http://hl7.org/fhir/R5/vitalsigns.html
 */
export const tooWideBindings: ReadonlySet<string> = new Set([
  'Observation.component.value[x] http://hl7.org/fhir/ValueSet/ucum-vitals-common|4.0.1',
])
