/** The CapabilityStatement, made from the route table and the index: true to the build. Spec: http://hl7.org/fhir/R4/http.html#capabilities */
import type { CapabilityStatement } from '../../fhir-profiles/r4.ts'
import { searchParametersOf } from '../../fhir-profiles/search-parameters.ts'
import { knownTypes, lettersFor, letterOf, roles, type Interaction } from '../logic/access.ts'
import type { Route } from '../routes.ts'
import { isSearchable } from '../search-request.ts'

type Rest = NonNullable<CapabilityStatement['rest']>[number]
type RestResource = NonNullable<Rest['resource']>[number]
type Code = NonNullable<RestResource['interaction']>[number]['code']

const restful: ReadonlySet<string> = new Set([
  'read',
  'vread',
  'history-instance',
  'history-type',
  'search-type',
  'create',
  'update',
  'patch',
  'delete',
])

export function capabilities(input: {
  routes: readonly Route[]
  publicUrl: string
  startedAt: string
  version: string
}): CapabilityStatement {
  const offered = input.routes.flatMap((route) => (route.access.by === 'type' ? [route.access.interaction] : []))
  const operations = input.routes.flatMap((route) => {
    const name = /\$([a-z-]+)$/.exec(route.path)?.[1]
    return name === undefined ? [] : [{ name, type: route.path.split('/')[0] ?? '' }]
  })
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: input.startedAt,
    kind: 'instance',
    software: { name: 'care-network', version: input.version },
    implementation: { description: 'care-network gateway', url: `${input.publicUrl}/fhir/R4` },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json', 'json'],
    patchFormat: ['application/json-patch+json', 'application/fhir+json'],
    rest: [
      {
        mode: 'server',
        security: {
          service: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/restful-security-service', code: 'SMART-on-FHIR' }] }],
          extension: [
            {
              url: 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris',
              extension: [{ url: 'token', valueUri: `${input.publicUrl}/oauth/token` }],
            },
          ],
        },
        resource: knownTypes.flatMap((type) => resourceOf(type, [...new Set(offered)], operations)),
        interaction: [{ code: 'transaction' }, { code: 'batch' }, { code: 'history-system' }],
        operation: operations.filter((item) => item.type.startsWith('$')).map(({ name }) => ({ name, definition: definitionOf(name) })),
      },
    ],
  }
}

const people: ReadonlySet<string> = new Set(['Consent', 'Task', 'RelatedPerson'])

function resourceOf(type: string, offered: readonly Interaction[], operations: readonly { name: string; type: string }[]): RestResource[] {
  const letters = new Set(roles.flatMap((role) => lettersFor(role, type).split('')))
  const interactions = offered.filter((interaction) => restful.has(interaction) && letters.has(letterOf[interaction])).filter(isCode)
  if (interactions.length === 0) return []
  const own = [...new Set(operations.filter((item) => item.type === type).map(({ name }) => name))]
  return [
    {
      type: typeName(type),
      interaction: interactions.map((code) => ({ code })),
      // who writes a consent, a step of a Task or a relation names the version that was read; systems may
      versioning: people.has(type) ? 'versioned-update' : 'versioned',
      readHistory: true,
      updateCreate: true,
      conditionalCreate: interactions.includes('create'),
      conditionalRead: 'full-support',
      conditionalUpdate: interactions.includes('update'),
      conditionalDelete: interactions.includes('delete') ? 'single' : 'not-supported',
      searchParam: [...searchParametersOf(type).values()]
        .filter((parameter) => isSearchable(type, parameter))
        .map((parameter) => ({ name: parameter.name, type: parameter.type })),
      ...(own.length === 0 ? {} : { operation: own.map((name) => ({ name, definition: definitionOf(name) })) }),
    },
  ]
}

function definitionOf(name: string): string {
  return (
    {
      summary: 'http://hl7.org/fhir/uv/ips/OperationDefinition/summary',
      everything: 'http://hl7.org/fhir/OperationDefinition/Patient-everything',
      match: 'http://hl7.org/fhir/OperationDefinition/Patient-match',
      'process-message': 'http://hl7.org/fhir/OperationDefinition/MessageHeader-process-message',
    }[name] ?? `https://care-network.kr/fhir/OperationDefinition/${name}`
  )
}

function isCode(interaction: Interaction): interaction is Interaction & Code {
  return restful.has(interaction)
}

/** Every known type is an R4 type name; the guard narrows text to the union of fhirtypes. */
function typeName(type: string): RestResource['type'] {
  if (!isTypeName(type)) throw new TypeError('unknown resource type')
  return type
}

function isTypeName(type: string): type is RestResource['type'] {
  return knownTypes.includes(type)
}
