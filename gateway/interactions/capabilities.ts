/** The CapabilityStatement, made from the route table and the index: true to the build. Spec: http://hl7.org/fhir/R4/http.html#capabilities */
import type { CapabilityStatement } from '../../fhir-profiles/r4.ts'
import { searchParametersOf } from '../../fhir-profiles/search-parameters.ts'
import { knownTypes, lettersFor, letterOf, roles, type Interaction } from '../logic/access.ts'
import type { Route } from '../routes.ts'
import { subscriptionProfile, topics } from '../logic/subscription.ts'
import { isSearchable } from '../search-request.ts'
import { publishedTypes, termSearch } from './terms.ts'

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
    instantiates: ['http://hl7.org/fhir/uv/bulkdata/CapabilityStatement/bulk-data'],
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
        resource: [
          ...knownTypes.flatMap((type) => resourceOf(type, [...new Set(offered)], operations)),
          subscription,
          ...publishedTypes.map((type) => publishedOf(type, operations)),
        ],
        interaction: [{ code: 'transaction' }, { code: 'batch' }, { code: 'history-system' }],
        operation: operations.filter((item) => item.type.startsWith('$')).map(({ name }) => ({ name, definition: definitionOf(name, '') })),
      },
    ],
  }
}

const people: ReadonlySet<string> = new Set(['Consent', 'Task', 'RelatedPerson'])

function resourceOf(type: string, offered: readonly Interaction[], operations: readonly { name: string; type: string }[]): RestResource[] {
  const letters = new Set(roles.flatMap((role) => lettersFor(role, type).split('')))
  const interactions = offered.filter((interaction) => restful.has(interaction) && letters.has(letterOf[interaction])).filter(isCode)
  if (interactions.length === 0) return []
  const own = [...new Set(operations.filter((item) => item.type === type || item.type === ':type').map(({ name }) => name))]
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
      ...searchOf(type),
      ...(own.length === 0 ? {} : { operation: own.map((name) => ({ name, definition: definitionOf(name, type) })) }),
    },
  ]
}

/** HL7's own operations on lists; `$validate` is one of every type. */
function listOperation(name: string, type: string): string {
  return name === 'validate' ? definitionOf(name, type) : `http://hl7.org/fhir/OperationDefinition/${type}-${name}`
}

/** Lists that are held: read and searched, never written. */
function publishedOf(type: (typeof publishedTypes)[number], operations: readonly { name: string; type: string }[]): RestResource {
  const own = [...new Set(operations.filter((item) => item.type === type).map(({ name }) => name))]
  return {
    type,
    interaction: [{ code: 'read' }, { code: 'search-type' }],
    searchParam: Object.entries(termSearch(type)).map(([name, { type }]) => ({ name, type })),
    ...(own.length === 0 ? {} : { operation: own.map((name) => ({ name, definition: listOperation(name, type) })) }),
  }
}

/** What the index of this type holds, and where its references lead: the table the index itself is made of. */
function searchOf(type: string): Pick<RestResource, 'searchParam' | 'searchInclude' | 'searchRevInclude'> {
  const parameters = [...searchParametersOf(type).values()].filter((parameter) => isSearchable(type, parameter))
  const searchParam = parameters.map((parameter) => ({ name: parameter.name, type: parameter.type }))
  if (type === 'AuditEvent') return { searchParam }
  const searchInclude = ['*', ...parameters.flatMap((each) => (each.type === 'reference' ? [`${type}:${each.name}`] : []))]
  const searchRevInclude = ['*', ...(pointers.get(type) ?? [])]
  return { searchParam, searchInclude, searchRevInclude }
}

/** type → the reference parameters of other types that may lead to it by name; those that lead anywhere are left out */
const pointers: ReadonlyMap<string, readonly string[]> = pointersByTarget()

function pointersByTarget(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const type of knownTypes.filter((each) => each !== 'AuditEvent')) {
    for (const { name, targets } of searchParametersOf(type).values()) {
      for (const target of targets) found.set(target, [...(found.get(target) ?? []), `${type}:${name}`])
    }
  }
  return found
}

/** Kept beside the records, so that it is in no table of types. Its topics are named as the backport asks. */
const subscription: RestResource = {
  type: 'Subscription',
  supportedProfile: [subscriptionProfile.subscription],
  interaction: (['read', 'create', 'update', 'delete', 'search-type'] as const).map((code) => ({ code })),
  extension: topics.map(({ url }) => ({
    url: 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/capabilitystatement-subscriptiontopic-canonical',
    valueCanonical: url,
  })),
  operation: ['status', 'events'].map((name) => ({ name, definition: definitionOf(name, 'Subscription') })),
}

function definitionOf(name: string, type: string): string {
  return (
    {
      summary: 'http://hl7.org/fhir/uv/ips/OperationDefinition/summary',
      everything: 'http://hl7.org/fhir/OperationDefinition/Patient-everything',
      match: 'http://hl7.org/fhir/OperationDefinition/Patient-match',
      'process-message': 'http://hl7.org/fhir/OperationDefinition/MessageHeader-process-message',
      validate: 'http://hl7.org/fhir/OperationDefinition/Resource-validate',
      meta: 'http://hl7.org/fhir/OperationDefinition/Resource-meta',
      export: `http://hl7.org/fhir/uv/bulkdata/OperationDefinition/${type.toLowerCase()}-export`,
      status: 'http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-status',
      events: 'http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-events',
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
