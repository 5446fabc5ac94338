/** One outgoing parcel → one row of the clinic's inbox, in the clinic's columns and codes. Pure; `now` is given. */
import type {
  DiagnosticReport,
  DocumentReference,
  Identifier,
  Organization,
  Patient,
  Reference,
  Resource,
  ServiceRequest,
  Task,
} from '../../fhir-profiles/r4.ts'
import { patientNumberSystem, system } from '../../fhir-profiles/codes.ts'
import type { Parcel } from '../contract.ts'
import { placerSystem } from './map-parts.ts'
import type { MapContext } from './map-row.ts'
import type { InboxColumn, InboxFact, InboxMapping } from './mapping.ts'
import type { SqlRow, SqlValue } from './source.ts'

export type InboxReading =
  | { readonly ok: true; readonly row: SqlRow }
  | { readonly ok: false; readonly reason: string; readonly where: string }

/** Refuses what is no message for an inbox, by FHIR expression. A fact the parcel does not carry is NULL. */
export function inboxRow(parcel: Parcel, inbox: InboxMapping, context: MapContext, now: Date): InboxReading {
  if (parcel.kind === 'feed') return { ok: false, reason: 'an inbox takes referrals, answers and recalls, no records', where: 'Bundle' }
  const message = new Message(parcel, context.institution.number)
  if (message.task === undefined && parcel.kind !== 'recall')
    return { ok: false, reason: 'the parcel holds no Task', where: 'Bundle.entry' }
  const columns = Object.entries(inbox.columns).map(([name, column]) => [name, columnValue(column, message, context, now)] as const)
  return { ok: true, row: Object.fromEntries(columns) }
}

function columnValue(column: InboxColumn, message: Message, context: MapContext, now: Date): SqlValue {
  if ('constant' in column) return column.constant
  const fact = column.fact === 'receivedAt' ? localTime(now, context.mapping.utcOffset) : message.fact(column.fact)
  if (fact === undefined) return null
  if (column.date !== undefined) return dateText(fact, column.date)
  const map = column.values === undefined ? {} : (context.mapping.values[column.values] ?? {})
  // A code without an entry is written as it came: better an odd code in the inbox than an answer that says nothing.
  return Object.hasOwn(map, fact) ? (map[fact] ?? fact) : fact
}

/** What an EMR wants to know of a parcel, read from its Bundle. */
class Message {
  readonly task: Task | undefined
  readonly #parcel: Parcel
  readonly #own: string
  readonly #resources: readonly Resource[]
  readonly #request: ServiceRequest | undefined
  readonly #patient: Patient | undefined

  constructor(parcel: Parcel, ownNumber: string) {
    this.#parcel = parcel
    this.#own = ownNumber
    this.#resources = (parcel.bundle.entry ?? []).flatMap((entry) => (entry.resource === undefined ? [] : [entry.resource]))
    this.task = this.#resources.find((resource) => resource.resourceType === 'Task')
    this.#request = this.#resources.find((resource) => resource.resourceType === 'ServiceRequest')
    this.#patient = this.#resources.find((resource) => resource.resourceType === 'Patient')
  }

  fact(fact: Exclude<InboxFact, 'receivedAt'>): string | undefined {
    const { task } = this
    switch (fact) {
      case 'parcel':
        return this.#parcel.id
      case 'kind':
        return this.#parcel.kind
      case 'status':
        return task?.status
      case 'statusReason':
        return words(task?.statusReason)
      case 'placerNumber':
        // A referral that its sender takes back is known here by the message that brought it.
        return this.#isCancel()
          ? task?.identifier?.find((each) => each.system === system.parcel && each.value !== this.#parcel.id)?.value
          : task?.identifier?.find((each) => each.system === placerSystem(this.#own))?.value
      case 'patientNumber':
        return this.#patientNumber()
      case 'patientName':
        return nameOf(this.#patient)
      case 'birthDate':
        return this.#patient?.birthDate
      case 'phone':
        return this.#patient?.telecom?.find((contact) => contact.system === 'phone')?.value
      case 'department':
        return this.#request?.performerType?.coding?.find((coding) => coding.system === system.department)?.code
      case 'urgency':
        return this.#request?.priority
      case 'reason':
        return this.#parcel.kind === 'recall' ? this.task?.description : joined((this.#request?.reasonCode ?? []).map(words), '; ')
      case 'recalled':
        return joined(
          (this.task?.input ?? []).map(({ valueIdentifier }) => recalledId(this.#parcel, valueIdentifier)),
          ' ',
        )
      case 'diagnosis':
        return joined(
          this.#resources.map((each) => (each.resourceType === 'Condition' ? each.code?.coding?.[0]?.code : undefined)),
          ', ',
        )
      case 'reportText':
        return joined(this.#documents().map(documentText), '\n\n')
      case 'fromInstitutionNumber':
        return this.#sender().number
      case 'fromInstitutionName':
        return this.#sender().name
      default:
        return fact satisfies never
    }
  }

  /** Only who sent a referral cancels it. */
  #isCancel(): boolean {
    return this.#parcel.kind === 'referral-response' && this.task?.status === 'cancelled'
  }

  /** Only the clinic's own number will do: another id in that column would open another patient's chart. */
  #patientNumber(): string | undefined {
    const own = patientNumberSystem(this.#own)
    const numbers = [...(this.#patient?.identifier ?? []), ...(this.task?.for?.identifier === undefined ? [] : [this.task.for.identifier])]
    return numbers.find((identifier) => identifier.system === own)?.value
  }

  #sender(): { readonly number: string | undefined; readonly name: string | undefined } {
    const isAnswer = this.#parcel.kind === 'referral-response' && !this.#isCancel()
    const reference: Reference | undefined = isAnswer ? this.task?.owner : this.task?.requester
    const organization = this.#resolve<Organization>(reference, 'Organization')
    const identifiers = [...(reference?.identifier === undefined ? [] : [reference.identifier]), ...(organization?.identifier ?? [])]
    return {
      number: identifiers.find((identifier) => identifier.system === system.institutionNumber)?.value,
      // The last resort is the network's id of the institution, e.g. `tertiary`: a letter from somewhere beats one from nowhere.
      name: organization?.name ?? reference?.display ?? reference?.reference?.split('/')[1],
    }
  }

  /** An answer's report is what Task.output names; a request brings its documents along. */
  #documents(): readonly (DocumentReference | DiagnosticReport)[] {
    const all = this.#resources.filter((each) => each.resourceType === 'DocumentReference' || each.resourceType === 'DiagnosticReport')
    const named = (this.task?.output ?? []).flatMap((output) => this.#find(output.valueReference) ?? [])
    const reports = all.filter((document) => named.includes(document))
    return reports.length > 0 ? reports : all
  }

  #resolve<R extends Resource>(reference: Reference | undefined, type: R['resourceType']): R | undefined {
    const found = this.#find(reference)
    // The resource type was compared; the compiler cannot follow a type parameter through it.
    return found?.resourceType === type ? (found as R) : undefined
  }

  #find(reference: Reference | undefined): Resource | undefined {
    if (reference?.reference === undefined) return undefined
    const target = reference.reference
    const entry = (this.#parcel.bundle.entry ?? []).find(
      (each) =>
        each.fullUrl === target || (each.resource?.id !== undefined && `${each.resource.resourceType}/${each.resource.id}` === target),
    )
    return entry?.resource
  }
}

function recalledId({ kind }: Parcel, identifier: Identifier | undefined): string | undefined {
  return kind === 'recall' && identifier?.system === system.parcel ? identifier.value : undefined
}

function words(concept: { text?: string; coding?: readonly { display?: string; code?: string }[] } | undefined): string | undefined {
  return concept?.text ?? concept?.coding?.[0]?.display ?? concept?.coding?.[0]?.code
}

function nameOf(patient: Patient | undefined): string | undefined {
  const name = patient?.name?.[0]
  return name?.text ?? joined([name?.family, ...(name?.given ?? [])], '')
}

function joined(parts: readonly (string | undefined)[], separator: string): string | undefined {
  const known = parts.filter((part) => part !== undefined && part !== '')
  return known.length === 0 ? undefined : known.join(separator)
}

/** Text as it is; of other formats the row says that there is one, so that nobody takes the message for complete. */
function documentText(document: DocumentReference | DiagnosticReport): string | undefined {
  const attachments =
    document.resourceType === 'DocumentReference' ? document.content.map((content) => content.attachment) : (document.presentedForm ?? [])
  const conclusion = document.resourceType === 'DiagnosticReport' ? document.conclusion : undefined
  const texts = attachments.map((attachment) => {
    const isText = attachment.data !== undefined && (attachment.contentType ?? 'text/plain').startsWith('text/plain')
    if (isText) return Buffer.from(attachment.data ?? '', 'base64').toString('utf8')
    return `[첨부 ${attachment.contentType ?? '형식 미상'}: 이 시스템에서 볼 수 없음]`
  })
  return joined([conclusion, ...texts], '\n')
}

/** The clinic's wall clock, as an instant with its offset. */
function localTime(now: Date, utcOffset: string): string {
  const [hours, minutes] = utcOffset.slice(1).split(':').map(Number)
  const offsetMs = ((hours ?? 0) * 60 + (minutes ?? 0)) * 60_000 * (utcOffset.startsWith('-') ? -1 : 1)
  return `${new Date(now.getTime() + offsetMs).toISOString().slice(0, 19)}${utcOffset}`
}

function dateText(fact: string, form: 'yyyyMMddHHmm' | 'yyyyMMdd' | 'iso'): string {
  if (form === 'iso') return fact
  const digits = fact.slice(0, 16).replaceAll(/\D/gu, '')
  return form === 'yyyyMMdd' ? digits.slice(0, 8) : digits.slice(0, 12)
}
