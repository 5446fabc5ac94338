/**
 * What real senders write → the published system and spelling of the same code, and what was changed where. Nothing is guessed: a code is
 * only ever written as its list prints it, never made into another one. What was sent stays beside it, in an extension of the same element,
 * so that whoever may not see the element sees neither. Pure; what needs no change is shared with the original.
 */
import { canonicalBase, extension, system } from '../codes.ts'
import { departmentCode } from '../facts.ts'
import { isExactNumber } from '../json.ts'
import type { Resource } from '../r4.ts'
import { isRecord, isResource } from '../validate/guards.ts'
import { claimsSystem, publishedSystem } from './aliases.ts'
import { kcdCode } from './release/korean-list.ts'

export type Correction = 'system-alias' | 'kcd-form' | 'department-digits' | 'institution-number'

export interface Change {
  /** of the value, from the resource on: `code.coding[0].code` */
  readonly path: string
  readonly rule: Correction
}

export interface Normalized {
  readonly resource: Resource
  readonly changes: readonly Change[]
}

/** Signed, attested, or not ours to touch; and what holds other resources whole. */
const leftAlone: ReadonlySet<string> = new Set([
  'Consent',
  'Contract',
  'AuditEvent',
  'Provenance',
  'Bundle',
  'Binary',
  'Parameters',
  'Basic',
])

/** `systems`: what else names a code system, e.g. the object identifiers of HL7's own lists */
export function normalize(resource: Resource, systems: (name: string) => string | undefined = () => undefined): Normalized {
  if (leftAlone.has(resource.resourceType)) return { resource, changes: [] }
  const changes: Change[] = []
  const nameOf = (name: string): string => claimsSystem(name, resource.resourceType) ?? known(publishedSystem(name), systems)
  const next = corrected(resource, '', { changes, nameOf })
  return changes.length === 0 || !isResource(next) ? { resource, changes: [] } : { resource: next, changes }
}

function known(name: string, systems: (name: string) => string | undefined): string {
  return systems(name) ?? name
}

interface Work {
  readonly changes: Change[]
  readonly nameOf: (system: string) => string
}

function corrected(value: unknown, path: string, work: Work): unknown {
  if (Array.isArray(value)) {
    if (!value.some((item) => typeof item === 'object')) return value
    const items = value.map((item: unknown, at) => corrected(item, `${path}[${at}]`, work))
    return items.some((item, at) => item !== value[at]) ? items : value
  }
  if (!isRecord(value) || isExactNumber(value)) return value
  let copy: Record<string, unknown> | undefined
  for (const key in value) {
    const item = value[key]
    // what the sender says about the record is not what the record says
    if (key === 'meta' || typeof item !== 'object' || item === null) continue
    const next = corrected(item, path === '' ? key : `${path}.${key}`, work)
    if (next === item) continue
    copy ??= { ...value }
    copy[key] = next
  }
  const left = copy ?? value
  return typeof left['system'] === 'string' ? correctedCode(left, left['system'], { path, work }) : left
}

/** A Coding, a Quantity (`system` of the unit) or an Identifier; a ContactPoint has a `system` too, which is no address. */
function correctedCode(value: Readonly<Record<string, unknown>>, sent: string, { path, work }: { path: string; work: Work }): unknown {
  const name = work.nameOf(sent)
  const key = typeof value['code'] === 'string' ? 'code' : 'value'
  const text = value[key]
  const fixed = typeof text === 'string' ? spelling(name, key, text) : undefined
  const isRenamed = name !== sent
  if (!isRenamed && fixed === undefined) return value
  const asSent: unknown[] = []
  if (isRenamed) {
    work.changes.push({ path: `${path}.system`, rule: 'system-alias' })
    asSent.push({ url: 'system', valueUri: sent })
  }
  if (fixed !== undefined) {
    work.changes.push({ path: `${path}.${key}`, rule: fixed.rule })
    asSent.push({ url: key, valueString: text })
  }
  const before = Array.isArray(value['extension']) ? value['extension'] : []
  return {
    ...value,
    extension: [...before, { url: extension.asSent, extension: asSent }],
    system: name,
    ...(fixed === undefined ? {} : { [key]: fixed.text }),
  }
}

const diseases: ReadonlySet<string> = new Set([system.kcd8, 'http://hl7.org/fhir/sid/icd-10'])

/** The code as its list prints it; undefined where it is printed so already, or where nobody can say. */
function spelling(name: string, key: 'code' | 'value', text: string): { readonly text: string; readonly rule: Correction } | undefined {
  const [printed, rule] = rulesOf(name, key, text)
  return rule === undefined || printed === undefined || printed === text ? undefined : { text: printed, rule }
}

function rulesOf(name: string, key: 'code' | 'value', text: string): readonly [printed?: string | undefined, rule?: Correction] {
  // the signs of the double classification say something: a code that bears one is not rewritten
  if (key === 'code' && diseases.has(name) && /^[A-Za-z]\d{2}\.?\d{0,4}\.?$/.test(text)) return [kcdCode(text), 'kcd-form']
  if (name === system.department) return [departmentCode(text), 'department-digits']
  if (key === 'value' && name === system.institutionNumber)
    return [/^(?:urn:oid:)?1\.2\.410\.100110\.10\.(\d{8})$/.exec(text)?.[1], 'institution-number']
  return []
}

/**
 * That the network corrected a record, inside the record, so that it goes where the record goes and nowhere else. Places and rules, no values.
 * Spec: http://hl7.org/fhir/R4/provenance.html, http://hl7.org/fhir/R4/references.html#contained (`#` is the record that contains it)
 */
export function correctionOf(changes: readonly Change[], recordedMs: number): Readonly<Record<string, unknown>> {
  return {
    resourceType: 'Provenance',
    id: 'correction',
    extension: changes.map(({ path, rule }) => ({
      url: extension.correction,
      extension: [
        { url: 'path', valueString: path },
        { url: 'rule', valueCode: rule },
      ],
    })),
    target: [{ reference: '#' }],
    recorded: new Date(recordedMs).toISOString(),
    policy: [`${canonicalBase}/correction`],
    activity: { coding: [{ system: system.dataOperation, code: 'UPDATE' }] },
    agent: [
      {
        type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/provenance-participant-type', code: 'assembler' }] },
        who: { display: 'care-network' },
      },
    ],
  }
}
