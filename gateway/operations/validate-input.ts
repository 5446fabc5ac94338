/** What `$validate` was asked: mode, profiles, and the resource with the place of every value in the text it came in. */
import { jsonPositions, type Position } from '../../fhir-profiles/json-position.ts'
import { isRecord } from '../../fhir-profiles/validate/guards.ts'
import type { Call } from '../context.ts'
import { Problem } from '../problem.ts'

export const modes = ['create', 'update', 'delete', 'profile'] as const
export type Mode = (typeof modes)[number]

export interface ValidateInput {
  /** undefined = the content alone */
  readonly mode: Mode | undefined
  readonly profiles: readonly string[]
  /** undefined = none was sent */
  readonly resource: unknown
  readonly positions: () => ReadonlyMap<string, Position>
}

/** Spec: http://hl7.org/fhir/R4/resource-operation-validate.html */
export function validateInput(call: Call): ValidateInput {
  const { body } = call
  if (body.kind === 'patch') throw new Problem('unsupported-media', 'a resource or Parameters is validated', { id: 'media-type' })
  const value = body.kind === 'json' ? body.value : undefined
  const isEnvelope = isRecord(value) && value['resourceType'] === 'Parameters' && call.params['type'] !== 'Parameters'
  const parameters = isEnvelope && Array.isArray(value['parameter']) ? value['parameter'].filter((each) => isRecord(each)) : []
  refuseUnknown(call, parameters)
  const texts = (name: string): readonly string[] => [
    ...call.query.flatMap(([given, text]) => (given === name ? [text] : [])),
    ...parameters.flatMap((each) => (each['name'] === name ? textOf(each) : [])),
  ]
  const at = isEnvelope && Array.isArray(value['parameter']) ? value['parameter'].findIndex(isResourceParameter) : -1
  const text = body.kind === 'json' ? body.text : undefined
  return {
    mode: modeOf(texts('mode')),
    profiles: texts('profile').filter((url) => url !== ''),
    resource: isEnvelope ? parameters.find(isResourceParameter)?.['resource'] : value,
    positions: () => below(text === undefined ? new Map() : jsonPositions(text()), isEnvelope ? `parameter/${at}/resource` : ''),
  }
}

function isResourceParameter(each: unknown): boolean {
  return isRecord(each) && each['name'] === 'resource' && each['resource'] !== undefined
}

function textOf(parameter: Readonly<Record<string, unknown>>): readonly string[] {
  const values = ['valueCode', 'valueUri', 'valueCanonical', 'valueUrl', 'valueString'].map((key) => parameter[key])
  return values.filter((value) => typeof value === 'string')
}

function modeOf([mode, ...more]: readonly string[]): Mode | undefined {
  if (mode === undefined) return undefined
  const known = modes.find((each) => each === mode)
  if (known === undefined || more.length > 0)
    throw new Problem('invalid', `\`mode\` is one of ${modes.join(', ')}`, { id: 'validate-mode', expression: 'mode' })
  return known
}

const taken: ReadonlySet<unknown> = new Set(['resource', 'mode', 'profile', '_format', '_pretty'])

function refuseUnknown(call: Call, parameters: readonly Readonly<Record<string, unknown>>[]): void {
  const names = [...call.query.map(([name]): unknown => name), ...parameters.map((each) => each['name'])]
  const unknown = names.find((name) => !taken.has(name))
  if (unknown === undefined || call.prefer.includes('handling=lenient')) return
  const plain = typeof unknown === 'string' && /^[\w:.-]{1,64}$/.test(unknown) ? unknown : 'unreadable name'
  throw new Problem('not-supported', `\`${plain}\` is not taken by $validate; it takes resource, mode and profile`, {
    id: 'unsupported-parameter',
    expression: plain,
  })
}

/** The positions inside a part of the text, by the steps from there. */
function below(positions: ReadonlyMap<string, Position>, prefix: string): ReadonlyMap<string, Position> {
  if (prefix === '') return positions
  return new Map(
    [...positions].flatMap(([steps, position]) =>
      steps === prefix
        ? [['', position] as const]
        : steps.startsWith(`${prefix}/`)
          ? [[steps.slice(prefix.length + 1), position] as const]
          : [],
    ),
  )
}
