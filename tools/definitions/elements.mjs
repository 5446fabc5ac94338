/** R4 structures → one line of text per element: `min..max types [#value set]`. */

const base = 'http://hl7.org/fhir/StructureDefinition/'
/** The type a structure builds on. No element can have this name. */
const baseKey = '$base'
const fhirType = `${base}structuredefinition-fhir-type`
const systemString = 'http://hl7.org/fhirpath/System.String'
/** Larger lists (licences, languages) and those R4 leaves to others (MIME types, currencies, UCUM) are not carried. */
const maxCodes = 250

export function buildElements(source) {
  const resourceTypes = source.codeSystems
    .get('http://hl7.org/fhir/resource-types')
    .concept.map((concept) => concept.code)
    .filter((code) => code !== 'Resource' && code !== 'DomainResource')
  const wanted = new Set([...resourceTypes, 'Resource', 'DomainResource'])
  const structures = {}
  const valueSets = new Map()
  for (const definition of source.structures) {
    if (definition.kind === 'resource' && !wanted.has(definition.name)) continue
    if (definition.kind === 'primitive-type') continue
    addStructure(definition, source, structures, valueSets)
  }
  const missing = resourceTypes.filter((type) => !(type in structures))
  if (missing.length > 0) throw new Error(`no structure for ${missing.join(', ')}`)
  return {
    fhirVersion: '4.0.1',
    resourceTypes: resourceTypes.toSorted(),
    valueSets: Object.fromEntries([...valueSets].filter(([, codes]) => codes !== undefined).toSorted(byKey)),
    structures: Object.fromEntries(Object.entries(structures).toSorted(byKey)),
  }
}

function byKey([a], [b]) {
  return a < b ? -1 : 1
}

function addStructure(definition, source, structures, valueSets) {
  const elements = restored(definition, source)
  const own = (element) => (element.base?.path ?? element.path) === element.path
  const children = new Set(elements.map((element) => parentOf(element.path)))
  structures[definition.name] = { [baseKey]: definition.baseDefinition?.slice(base.length) ?? '' }
  for (const element of elements) {
    if (!element.path.includes('.')) continue
    const nested = children.has(element.path)
    if (nested) structures[element.path] = { [baseKey]: element.type[0].code }
    if (!own(element)) continue
    const structure = structures[parentOf(element.path)]
    structure[element.path.slice(parentOf(element.path).length + 1)] = line(element, nested, source, valueSets)
  }
}

/** The definition's elements as HL7 published them. */
export function restored(definition, { published, modelPaths }) {
  const known = (element) => {
    const path = element.base?.path ?? element.path
    return !path.includes('.') || path !== element.path || published.has(path) || modelPaths.has(path)
  }
  const present = new Set()
  // what is below an element that Medplum added was added with it
  const kept = definition.snapshot.element.filter((element) => {
    const isKept = known(element) && (!element.path.includes('.') || present.has(parentOf(element.path)))
    if (isKept) present.add(element.path)
    return isKept
  })
  const added = [...published.values()].filter(
    (element) => !present.has(element.path) && present.has(parentOf(element.path)) && element.path.startsWith(`${definition.name}.`),
  )
  // Quantity.comparator is published with max 0, a leak from SimpleQuantity; the specification page says 0..1.
  const wrong = new Set(['Quantity.comparator'])
  return [
    ...kept.map((element) =>
      wrong.has(element.path) ? element : { ...withoutAdded(published.get(element.path) ?? element), base: element.base },
    ),
    ...added,
  ]
}

/** `EvidenceVariable` of R4 has no invariant; this one speaks of R5's elements. */
const addedConstraints = new Set(['evv-1'])

function withoutAdded(element) {
  if (!element.constraint?.some(({ key }) => addedConstraints.has(key))) return element
  return { ...element, constraint: element.constraint.filter(({ key }) => !addedConstraints.has(key)) }
}

function parentOf(path) {
  return path.slice(0, Math.max(0, path.lastIndexOf('.')))
}

function line(element, nested, source, valueSets) {
  const types = nested
    ? element.path
    : (element.contentReference?.slice(1) ?? element.type.map((type) => typeName(element, type)).join('|'))
  const codes = requiredBinding(element, source, valueSets)
  return `${element.min}..${element.max} ${types}${codes === undefined ? '' : ` #${codes}`}`
}

function typeName(element, type) {
  // R4 publishes Resource.id as a string; the id datatype is what its page and every server apply.
  if (element.path === 'Resource.id') return 'id'
  if (type.code === systemString) return type.extension.find((extension) => extension.url === fhirType).valueUrl
  if (type.code !== 'Reference' || type.targetProfile === undefined) return type.code
  const targets = type.targetProfile.map((target) => target.slice(base.length)).toSorted()
  return targets.includes('Resource') ? 'Reference' : `Reference(${targets.join(',')})`
}

function requiredBinding(element, source, valueSets) {
  if (element.binding?.strength !== 'required') return undefined
  const url = element.binding.valueSet.split('|')[0]
  const name = url.slice(url.lastIndexOf('/') + 1)
  if (!valueSets.has(name)) valueSets.set(name, expand(source, url))
  return valueSets.get(name) === undefined ? undefined : name
}

/** @returns system → codes, or undefined where the set cannot be listed offline or is large */
function expand({ valueSets, codeSystems }, url) {
  const valueSet = valueSets.get(url)
  if (valueSet === undefined || valueSet.compose.exclude !== undefined) return undefined
  const lists = {}
  for (const include of valueSet.compose.include) {
    const codeSystem = codeSystems.get(include.system)
    if (include.filter !== undefined || include.valueSet !== undefined) return undefined
    if (include.concept === undefined && codeSystem?.content !== 'complete') return undefined
    lists[include.system] = (include.concept ?? flat(codeSystem.concept)).map((concept) => concept.code)
  }
  return Object.values(lists).flat().length > maxCodes ? undefined : lists
}

function flat(concepts = []) {
  return concepts.flatMap((concept) => [concept, ...flat(concept.concept)])
}
