/** Brings what a Task of the EMR points to, so that a parcel can be sent whole. Rejects when the EMR does not answer: the Task is told later. */
import type { Attachment, Binary } from '@medplum/fhirtypes'
import type { Organization, Reference, Resource, Task } from '../../fhir-profiles/r4.ts'
import type { Gap } from '../contract.ts'
import { areObjects, isClinicalType, isFhirId, patientElement, refersTo } from './admit.ts'
import type { Emr } from './emr.ts'
import { EmrFailure } from './failure.ts'

export interface Gathered {
  readonly resources: readonly Resource[]
  readonly gaps: readonly Gap[]
}

export interface Place {
  readonly emr: Emr
  readonly baseUrl: string
}

const maxDocuments = 50

/** The results a Task names in its output, with the observations of its reports. */
export async function gatherReports(place: Place, task: Task, signal: AbortSignal): Promise<Gathered> {
  const named = (task.output ?? []).map((output) => output.valueReference)
  const reports = await bring(place, named, 'Task.output', task.for, signal)
  const results = reports.resources.flatMap((report) =>
    report.resourceType === 'DiagnosticReport' ? (areObjects(report.result) ? (report.result ?? []) : []) : [],
  )
  return joined(reports, await bring(place, results, 'DiagnosticReport.result', task.for, signal))
}

/** A referral of this hospital's own with its patient, request and documents. What is missing is a Gap: whoever takes it decides. */
export async function gatherReferral(
  place: Place,
  task: Task,
  signal: AbortSignal,
): Promise<Gathered & { readonly owner: Organization | undefined }> {
  const patient = await readReference(place, task.for, signal)
  const request = await readReference(place, task.focus, signal)
  const gaps: Gap[] = []
  if (patient?.resourceType !== 'Patient') gaps.push(missing('Task.for'))
  if (request?.resourceType !== 'ServiceRequest') gaps.push(missing('Task.focus'))
  const supporting = request?.resourceType === 'ServiceRequest' && areObjects(request.supportingInfo) ? (request.supportingInfo ?? []) : []
  const documents = await bring(
    place,
    [...(task.input ?? []).map((input) => input.valueReference), ...supporting],
    'Task.input',
    task.for,
    signal,
  )
  const owner = await readReference(place, task.owner, signal)
  const resources = [patient, request].flatMap((each) => (each === undefined ? [] : [each]))
  return {
    resources: [...resources, ...documents.resources],
    gaps: [...gaps, ...documents.gaps],
    owner: owner?.resourceType === 'Organization' ? owner : undefined,
  }
}

function missing(element: string): Gap {
  return { gap: 'unmappable', element, reason: 'the referral names nothing the EMR has' }
}

/** The institution that made the Task, by number or by the EMR's own Organization. */
export async function readRequester(place: Place, task: Task, signal: AbortSignal): Promise<Organization | undefined> {
  const requester = await readReference(place, task.requester, signal)
  return requester?.resourceType === 'Organization' ? requester : undefined
}

async function bring(
  place: Place,
  named: readonly (Reference | undefined)[],
  element: string,
  patient: Reference | undefined,
  signal: AbortSignal,
): Promise<Gathered> {
  const references = [
    ...new Map(named.flatMap((each) => (each?.reference === undefined ? [] : [[each.reference, each] as const]))).values(),
  ]
  const resources: Resource[] = []
  const gaps: Gap[] = []
  for (const reference of references.slice(0, maxDocuments)) {
    const document = await readReference(place, reference, signal)
    if (document === undefined) gaps.push({ gap: 'not-held', element, reason: 'the EMR does not have what the Task names' })
    else if (!isOfSamePatient(document, patient, place.baseUrl)) {
      gaps.push({ gap: 'not-permitted-by-source', element, reason: 'what the Task names belongs to another patient' })
    } else resources.push(await withAttachments(place, document, gaps, signal))
  }
  if (references.length > maxDocuments) gaps.push({ gap: 'truncated', element, reason: 'the Task names more than may be brought at once' })
  return { resources, gaps }
}

async function readReference(
  { emr, baseUrl }: Place,
  reference: Reference | undefined,
  signal: AbortSignal,
): Promise<Resource | undefined> {
  const text = reference?.reference ?? ''
  const [type, id, ...rest] = (text.startsWith(`${baseUrl}/`) ? text.slice(baseUrl.length + 1) : text).split('/')
  const isLocal =
    type !== undefined && id !== undefined && /^[A-Z][A-Za-z]+$/.test(type) && isFhirId(id) && (rest.length === 0 || rest[0] === '_history')
  if (!isLocal) return undefined
  const resource = await emr.read(type, id, signal)
  if (resource !== undefined && (resource.resourceType !== type || resource.id !== id)) throw new EmrFailure({ kind: 'not-fhir' })
  return resource
}

function isOfSamePatient(document: Resource, patient: Reference | undefined, baseUrl: string): boolean {
  const patientId = /Patient\/([^/]+)(?:\/_history\/[^/]+)?$/.exec(patient?.reference ?? '')?.[1]
  if (!isClinicalType(document.resourceType)) return true
  return patientId !== undefined && refersTo(Reflect.get(document, patientElement[document.resourceType]), patientId, baseUrl)
}

/** A linked Binary is of no use outside the EMR, so its content travels inside the document. */
async function withAttachments(place: Place, document: Resource, gaps: Gap[], signal: AbortSignal): Promise<Resource> {
  const inline = async (attachment: Attachment): Promise<Attachment> => {
    if (attachment?.url === undefined || attachment.data !== undefined) return attachment
    const binary = await readReference(place, { reference: attachment.url }, signal)
    if (!isBinary(binary) || binary.data === undefined) {
      gaps.push({
        gap: 'unmappable',
        element: `${document.resourceType}.attachment`,
        reason: 'the attachment is a link that the EMR does not open',
      })
      return attachment
    }
    const { url: _url, ...rest } = attachment
    return { ...rest, contentType: binary.contentType, data: binary.data }
  }
  if (document.resourceType === 'DocumentReference' && areObjects(document.content)) {
    const content = await Promise.all(document.content.map(async (each) => ({ ...each, attachment: await inline(each.attachment) })))
    return { ...document, content }
  }
  if (document.resourceType === 'DiagnosticReport' && document.presentedForm !== undefined && areObjects(document.presentedForm)) {
    return { ...document, presentedForm: await Promise.all(document.presentedForm.map(inline)) }
  }
  return document
}

function isBinary(resource: Resource | undefined): resource is Binary {
  return resource?.resourceType === 'Binary'
}

function joined(one: Gathered, other: Gathered): Gathered {
  return { resources: [...one.resources, ...other.resources], gaps: [...one.gaps, ...other.gaps] }
}
