/** What a validator needs of a StructureDefinition. HL7's explanations, mappings and examples stay with HL7. */

const kept = [
  'id extension path representation sliceName sliceIsConstraining short definition min max base contentReference type',
  'condition constraint mustSupport isModifier isModifierReason isSummary binding slicing minValue maxValue maxLength',
]
  .join(' ')
  .split(' ')
const value = /^_?(fixed|pattern|minValue|maxValue)[A-Z]/

/** A definition that others load: an element's definition, which a snapshot must have (sdf-3), is its short sentence. */
export function slimDefinition(resource) {
  if (resource.resourceType !== 'StructureDefinition') return resource
  // obligations stay with KR Core: who loads our package need not know the extension they are written in
  const inherited = (element) => slimElement({ ...element, extension: undefined, definition: element.short ?? element.path })
  return {
    ...without(resource, ['mapping']),
    snapshot: { element: resource.snapshot.element.map(inherited) },
  }
}

/** Facts alone: no sentence of KR Core or HL7, and not the constraints that every element has (ele-1) or every extension (ext-1). */
export function factsOf(resource) {
  const { resourceType, id, url, version, name, kind, abstract, context, type, baseDefinition, derivation, snapshot } = resource
  const element = snapshot.element.map((each) => {
    const constraint = (each.constraint ?? []).filter(({ key }) => key !== 'ele-1' && key !== 'ext-1')
    const binding = each.binding === undefined ? undefined : { strength: each.binding.strength, valueSet: each.binding.valueSet }
    const slim = slimElement({ ...each, constraint: constraint.length === 0 ? undefined : constraint, binding })
    return without(slim, ['short', 'definition', 'isSummary', 'isModifierReason', 'condition'])
  })
  const facts = { resourceType, id, url, version, name, status: 'active', kind, abstract, context, type, baseDefinition, derivation }
  return { ...facts, snapshot: { element } }
}

function slimElement(element) {
  const slim = Object.fromEntries(
    Object.entries(element).filter(([key, each]) => each !== undefined && (kept.includes(key) || value.test(key))),
  )
  if (slim.constraint !== undefined) slim.constraint = slim.constraint.map((each) => without(each, ['xpath', 'requirements']))
  if (slim.isSummary === false) delete slim.isSummary
  return slim
}

function without(object, keys) {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)))
}
