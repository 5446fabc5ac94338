/** The EMR's FHIR endpoint on a socket: bearer token, faults on demand, then `fhir-interactions`. */
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import { type FaultMode, playFault } from './faults.ts'
import { type Answer, type FhirService, type Question, answer, outcome } from './fhir-interactions.ts'
import { readObject, readText, sendJson } from './http-body.ts'

export interface FhirServerOptions {
  readonly token: string
  /** filled in once the port is known */
  readonly service: () => FhirService
  readonly fault: () => FaultMode
  /** the law wants every look into a chart recorded; the address without its query is enough here */
  readonly onAccess: (method: string, path: string) => void
}

export function createFhirServer(options: FhirServerOptions): Server {
  return createServer((request, response) => {
    serve(options, request, response).catch(() => sendAnswer(response, outcome(500, 'exception', 'the EMR failed')))
  })
}

async function serve(options: FhirServerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const service = options.service()
  const url = new URL(request.url ?? '/', service.base)
  const root = new URL(service.base).pathname
  options.onAccess(request.method ?? 'GET', url.pathname.slice(root.length))
  if (playFault(options.fault(), service.base, request, response)) return
  if (url.pathname !== root && !url.pathname.startsWith(`${root}/`))
    return sendAnswer(response, outcome(404, 'not-supported', 'unknown address'))
  const path = url.pathname
    .slice(root.length)
    .split('/')
    .filter((part) => part !== '')
  if (path[0] !== 'metadata' && request.headers.authorization !== `Bearer ${options.token}`) {
    return sendAnswer(response, outcome(401, 'login', 'a valid bearer token is required'))
  }
  const text = await readText(request)
  const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false
  const params = new URLSearchParams([...url.searchParams, ...(isForm ? new URLSearchParams(text) : [])])
  const question = { method: request.method ?? 'GET', path, params, body: isForm ? undefined : readObject(text) }
  sendAnswer(response, options.fault() === 'other-patient' ? answerAnother(service, question) : answer(service, question))
}

function sendAnswer(response: ServerResponse, { status, body }: Answer): void {
  sendJson(response, status, 'application/fhir+json', body)
}

/** The mix-up every hospital fears: the right kind of answer about the wrong person. */
function answerAnother(service: FhirService, question: Question): Answer {
  const patients = service.store.all('Patient')
  const [type, id] = question.path
  const other = (asked: string) => patients.find((patient) => patient.id !== asked.replace(/^Patient\//, ''))?.id ?? ''
  if (type === 'Patient' && id !== undefined) return answer(service, { ...question, path: ['Patient', other(id)] })
  const patient = question.params.get('patient')
  if (patient !== null) {
    const params = new URLSearchParams(question.params)
    params.set('patient', other(patient))
    return answer(service, { ...question, params })
  }
  if (type === 'Patient') {
    const right = answer(service, question).body
    const rightIds = right.resourceType === 'Bundle' ? (right.entry ?? []).map((entry) => entry.resource?.id) : []
    const wrong = patients.filter((each) => !rightIds.includes(each.id))
    return { status: 200, body: { resourceType: 'Bundle', type: 'searchset', entry: wrong.map((resource) => ({ resource })) } }
  }
  return answer(service, question)
}
