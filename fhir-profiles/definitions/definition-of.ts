/** From a StructureDefinition as published to our compact form. */
import { numberOf } from '../json.ts'
import type { AdditionalBinding, BindingRule, Constraint, Definition, ElementRule, SlicingRule, TypeRule, ValueRule } from './definition.ts'
import { listOf, recordOf, recordsOf, some, textOf, textsOf } from './read-json.ts'
import type { Json } from './read-json.ts'

const core = 'http://hl7.org/fhir/StructureDefinition/'
const fhirType = `${core}structuredefinition-fhir-type`
const fhirPathType = 'http://hl7.org/fhirpath/System.'

/** What the validator needs of a StructureDefinition; undefined when the value is none or lacks url, type or elements. */
export function definitionOf(resource: unknown): Definition | undefined {
  const source = recordOf(resource)
  const url = textOf(source?.['url'])
  const type = textOf(source?.['type'])
  if (source === undefined || source['resourceType'] !== 'StructureDefinition' || url === undefined || type === undefined) return undefined
  const snapshot = recordsOf(recordOf(source['snapshot'])?.['element'])
  const elements = snapshot.length > 0 ? snapshot : recordsOf(recordOf(source['differential'])?.['element'])
  return {
    url,
    version: textOf(source['version']),
    name: textOf(source['name']) ?? type,
    type: type.startsWith(core) ? type.slice(core.length) : type,
    kind: textOf(source['kind']) ?? 'resource',
    base: textOf(source['baseDefinition']),
    // some call a profile a specialization; what builds on its own type is a profile
    isProfile: source['derivation'] === 'constraint' || textOf(source['baseDefinition']) === core + type,
    isAbstract: source['abstract'] === true ? true : undefined,
    contexts: some(recordsOf(source['context']).map((each) => contextOf(each))),
    contextInvariants: some(textsOf(source['contextInvariant'])),
    hasSnapshot: snapshot.length > 0,
    elements: elements.map((element) => ruleOf(element, source['kind'] === 'resource')),
    imposes: some(valuesOf(source, `${core}structuredefinition-imposeProfile`)),
  }
}

function contextOf(each: Json): { type: string; expression: string } {
  return { type: textOf(each['type']) ?? 'element', expression: textOf(each['expression']) ?? '' }
}

/** Values of the extensions of one url. */
function valuesOf(source: Json, url: string): string[] {
  return recordsOf(source['extension']).flatMap((extension) => {
    const value = extension['url'] === url ? valueOf(extension, 'value')?.value : undefined
    return typeof value === 'string' ? [value] : []
  })
}

/** `fixedCode` → { type: 'code', value }: the one key that begins with the prefix. */
function valueOf(source: Json, prefix: string): ValueRule | undefined {
  for (const key in source) {
    const next = key.charAt(prefix.length)
    if (!key.startsWith(prefix) || next === '' || next !== next.toUpperCase()) continue
    const name = key.slice(prefix.length)
    return { type: primitives.get(name) ?? name, value: source[key] }
  }
  return undefined
}

const primitives: ReadonlyMap<string, string> = new Map(
  (
    'base64Binary boolean canonical code date dateTime decimal id instant integer markdown oid positiveInt string time unsignedInt uri url ' +
    'uuid'
  )
    .split(' ')
    .map((name) => [name.charAt(0).toUpperCase() + name.slice(1), name]),
)

function ruleOf(element: Json, isOfResource: boolean): ElementRule {
  const path = textOf(element['path']) ?? ''
  const max = textOf(element['max'])
  // The id of a resource has the datatype id, whatever R4's definitions say of its text.
  const isId = isOfResource && /^[A-Za-z]+\.id$/.test(path)
  return {
    id: textOf(element['id']),
    path,
    slice: textOf(element['sliceName']),
    min: numberOf(element['min']),
    max: max === undefined ? undefined : max === '*' ? -1 : Number(max),
    types: some(recordsOf(element['type']).map((type) => (isId ? { code: 'id' } : typeOf(type)))),
    content: textOf(element['contentReference'])?.replace(/^[^#]*#/, ''),
    fixed: valueOf(element, 'fixed'),
    pattern: valueOf(element, 'pattern'),
    binding: bindingOf(recordOf(element['binding'])),
    slicing: slicingOf(recordOf(element['slicing'])),
    constraints: some(recordsOf(element['constraint']).flatMap((constraint) => constraintOf(constraint) ?? [])),
    isModifier: element['isModifier'] === true ? true : undefined,
    isMustSupport: element['mustSupport'] === true ? true : undefined,
    maxLength: numberOf(element['maxLength']),
    minValue: valueOf(element, 'minValue'),
    maxValue: valueOf(element, 'maxValue'),
    ...extrasOf(element),
  }
}

/** What later versions of FHIR and extensions add to an ElementDefinition. */
function extrasOf(element: Json): Partial<ElementRule> {
  const extensions = recordsOf(element['extension'])
  const alternatives = [...valuesOf(element, r5('valueAlternatives')), ...textsOf(element['valueAlternatives'])]
  const mustHaveValue =
    element['mustHaveValue'] === true || extensions.some((each) => each['url'] === r5('mustHaveValue') && each['valueBoolean'] === true)
  const regex = recordsOf(element['type']).flatMap((type) => valuesOf(type, `${core}regex`))
  const controls = extensions.flatMap((each) => {
    const url = textOf(each['url']) ?? ''
    return controlled.has(url) ? [[url, valueOf(each, 'value')?.value] as const] : []
  })
  return {
    regex: regex[0] ?? valuesOf(element, `${core}regex`)[0],
    obligations: some(extensions.flatMap((each) => obligationOf(each))),
    valueAlternatives: mustHaveValue ? [] : some(alternatives),
    controls: controls.length === 0 ? undefined : Object.fromEntries(controls),
  }
}

const r5 = (name: string): string => `http://hl7.org/fhir/5.0/StructureDefinition/extension-ElementDefinition.${name}`

/** Extensions of an ElementDefinition that the rule layer obeys. */
const controlled: ReadonlySet<string> = new Set([
  `${core}elementdefinition-minValueDuration`,
  `${core}elementdefinition-maxValueDuration`,
  `${core}narrative-source-control`,
  `${core}narrative-language-control`,
  'http://hl7.org/fhir/tools/StructureDefinition/minlength',
  `${core}minLength`,
])

function obligationOf(extension: Json): string[] {
  if (extension['url'] !== `${core}obligation`) return []
  return recordsOf(extension['extension']).flatMap((each) => (each['url'] === 'code' ? (textOf(each['valueCode']) ?? []) : []))
}

function typeOf(type: Json): TypeRule {
  const code = textOf(type['code']) ?? ''
  const targets = textsOf(type['targetProfile'])
  return {
    // R4 publishes ids and values of primitives as FHIRPath types; the extension tells the FHIR type.
    code: code.startsWith(fhirPathType) ? (valuesOf(type, fhirType)[0] ?? code) : code,
    profiles: some(profilesOf(type)),
    targets: some(targets),
    aggregation: some(textsOf(type['aggregation'])),
  }
}

/** A profile, or one element of it: `url#Composition.section:medication`. */
function profilesOf(type: Json): string[] {
  const elements = listOf(type['_profile']).map((each) => valuesOf(recordOf(each) ?? {}, `${core}elementdefinition-profile-element`)[0])
  return textsOf(type['profile']).map((url, index) => (elements[index] === undefined ? url : `${url}#${elements[index]}`))
}

const bindingExtensions = {
  max: `${core}elementdefinition-maxValueSet`,
  additional: [
    'http://hl7.org/fhir/tools/StructureDefinition/additional-binding',
    `${core}additional-binding`,
    'http://hl7.org/fhir/5.0/StructureDefinition/extension-ElementDefinition.binding.additional',
  ],
} as const

function bindingOf(binding: Json | undefined): BindingRule | undefined {
  if (binding === undefined) return undefined
  const additional = recordsOf(binding['extension']).flatMap((each) =>
    bindingExtensions.additional.some((url) => url === each['url']) ? (additionalOf(each) ?? []) : [],
  )
  const native = recordsOf(binding['additional']).flatMap((each) => {
    const valueSet = textOf(each['valueSet'])
    return valueSet === undefined ? [] : { purpose: textOf(each['purpose']) ?? '', valueSet, hasUsage: listOf(each['usage']).length > 0 }
  })
  return {
    strength: textOf(binding['strength']) ?? 'example',
    valueSet: textOf(binding['valueSet']),
    maxValueSet: valuesOf(binding, bindingExtensions.max)[0],
    additional: some([...additional, ...native]),
  }
}

function additionalOf(extension: Json): AdditionalBinding | undefined {
  const part = (url: string) => recordsOf(extension['extension']).find((each) => each['url'] === url)
  const valueSet = textOf(part('valueSet')?.['valueCanonical'])
  if (valueSet === undefined) return undefined
  return { purpose: textOf(part('purpose')?.['valueCode']) ?? '', valueSet, hasUsage: part('usage') !== undefined }
}

function slicingOf(slicing: Json | undefined): SlicingRule | undefined {
  if (slicing === undefined) return undefined
  return {
    discriminators: recordsOf(slicing['discriminator']).map((each) => ({
      type: textOf(each['type']) ?? 'value',
      path: textOf(each['path']) ?? '$this',
    })),
    rules: textOf(slicing['rules']) ?? 'open',
    isOrdered: slicing['ordered'] === true,
  }
}

function constraintOf(constraint: Json): Constraint | undefined {
  const key = textOf(constraint['key'])
  const expression = textOf(constraint['expression'])
  if (key === undefined || expression === undefined) return undefined
  return { key, severity: textOf(constraint['severity']) ?? 'error', expression, human: textOf(constraint['human']) ?? '' }
}
