/** The search parameters we index and the patient compartment, as HL7 publishes them for R4. */

/** Types whose search parameters are indexed; the others are found by their common parameters only. */
const indexedTypes = [
  'AllergyIntolerance', 'AuditEvent', 'CarePlan', 'CareTeam', 'Claim', 'Communication', 'Composition', 'Condition', 'Consent', 'Device',
  'DiagnosticReport', 'DocumentReference', 'Encounter', 'ExplanationOfBenefit', 'Goal', 'ImagingStudy', 'Immunization', 'Location',
  'Medication', 'MedicationRequest', 'MedicationStatement', 'Observation', 'Organization', 'Patient', 'Practitioner', 'PractitionerRole',
  'Procedure', 'Provenance', 'RelatedPerson', 'ServiceRequest', 'Task',
] // prettier-ignore
const common = ['_id', '_lastUpdated', '_profile', '_tag']
const simple = new Set(['token', 'string', 'date', 'reference', 'uri', 'number', 'quantity'])

export function buildSearchParameters({ searchParameters }) {
  const result = {}
  for (const type of ['Resource', ...indexedTypes]) {
    const mine = searchParameters
      .filter((parameter) => parameter.base.includes(type) && simple.has(parameter.type) && parameter.expression !== undefined)
      .filter((parameter) => type !== 'Resource' || common.includes(parameter.code))
      .toSorted((a, b) => (a.code < b.code ? -1 : 1))
    result[type] = Object.fromEntries(
      mine.map((parameter) => [parameter.code, [parameter.type, expressionFor(parameter, type), ...targets(parameter)]]),
    )
  }
  return result
}

/** One published expression serves many types (`A.x | B.x`): the alternatives of one type. */
function expressionFor({ code, expression }, type) {
  const mine = alternatives(expression)
    .map((alternative) => (/^\([^()]*(?:\([^()]*\))?[^()]*\)$/.test(alternative) ? alternative.slice(1, -1) : alternative))
    .filter((alternative) => new RegExp(`^\\(?${type}\\.`).test(alternative))
  if (mine.length === 0) throw new Error(`no expression of ${type} in search parameter ${code}`)
  return mine.join(' | ')
}

function alternatives(expression) {
  const parts = ['']
  let depth = 0
  for (const sign of expression) {
    if (sign === '(') depth += 1
    if (sign === ')') depth -= 1
    if (sign === '|' && depth === 0) parts.push('')
    else parts[parts.length - 1] += sign
  }
  return parts.map((part) => part.trim())
}

/** A parameter that may point at anything lists every type there is; that says nothing, so it is left out. */
function targets({ type, target = [] }) {
  return type === 'reference' && target.length > 0 && target.length < 100 ? [target.toSorted((a, b) => (a < b ? -1 : 1)).join(',')] : []
}

/** type → names of the search parameters by which a resource belongs to a patient's compartment. */
export function buildCompartment({ compartment }) {
  return Object.fromEntries(compartment.resource.filter((row) => row.param !== undefined).map((row) => [row.code, row.param]))
}
