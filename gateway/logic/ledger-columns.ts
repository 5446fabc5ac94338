/** What the ledger's columns must say of an entry, read back from its canonical bytes: the bytes are sealed, the columns only follow them. */
import { isResource } from '../../fhir-profiles/validate/validate.ts'
import type { AuditEvent } from '../../fhir-profiles/r4.ts'

export interface LedgerColumns {
  readonly id: string
  readonly atMs: number
  readonly persons: readonly string[]
  readonly institution: string
  readonly kind: string
}

/** undefined for bytes that are not an AuditEvent. The inverse of `auditEvent`. */
export function ledgerColumns(body: string): LedgerColumns | undefined {
  const event = parse(body)
  if (event === undefined) return undefined
  // entries of 0.1.0 call the institution CST
  const organization = event.agent.find(({ type }) => type?.coding?.some(({ code }) => code === 'PROV' || code === 'CST') === true)
  return {
    id: event.id ?? '',
    atMs: Date.parse(event.recorded),
    persons: (event.entity ?? []).flatMap(({ type, what }) => (type?.code === '1' ? idIn(what?.reference) : [])),
    institution: idIn(organization?.who?.reference)[0] ?? '',
    kind: event.subtype?.[0]?.code ?? '',
  }
}

function parse(body: string): AuditEvent | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return isResource(value) && value.resourceType === 'AuditEvent' && Array.isArray(value.agent) ? value : undefined
  } catch (thrown) {
    // bytes that are no JSON are for the caller to name
    if (thrown instanceof SyntaxError) return undefined
    throw thrown
  }
}

function idIn(reference: string | undefined): readonly string[] {
  const [, id] = (reference ?? '').split('/')
  return id === undefined ? [] : [id]
}
