/**
 * What a Subscription asks for, read strictly: whatever is not offered is refused by name, never ignored. Topics, payloads and the form of
 * notifications: Subscriptions R5 Backport on R4, https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/
 */
import { profile } from '../../fhir-profiles/codes.ts'

const backport = 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition'

export const subscriptionProfile = {
  subscription: `${backport}/backport-subscription`,
  notification: `${backport}/backport-subscription-notification-r4`,
  status: `${backport}/backport-subscription-status-r4`,
} as const

const extension = {
  filter: `${backport}/backport-filter-criteria`,
  content: `${backport}/backport-payload-content`,
  heartbeat: `${backport}/backport-heartbeat-period`,
  timeout: `${backport}/backport-timeout`,
  maxCount: `${backport}/backport-max-count`,
} as const

const ours = 'https://care-network.kr/fhir/SubscriptionTopic'

/** What can be subscribed to, and which records are about it. */
export const topics = [
  { url: `${ours}/referral-task`, type: 'Task', isAbout: (classes: readonly string[]) => classes.includes(profile.referralTask) },
  { url: `${ours}/consent`, type: 'Consent', isAbout: () => true },
] as const

/** The topics a new version of a record is an event of. */
export function topicsOf(type: string, classes: readonly string[]): readonly string[] {
  return topics.filter((topic) => topic.type === type && topic.isAbout(classes)).map(({ url }) => url)
}

export interface WantedSubscription {
  readonly topic: (typeof topics)[number]
  readonly status: 'requested' | 'off'
  readonly endpoint: string
  readonly headers: readonly string[]
  readonly payload: 'empty' | 'id-only'
  readonly heartbeatMs: number | undefined
  readonly deadlineMs: number
  /** as written; undefined = not given */
  readonly end: string | undefined
}

export interface SubscriptionFault {
  readonly id: string
  readonly diagnostics: string
  readonly expression: string
}

export type ReadSubscription = { readonly ok: WantedSubscription } | { readonly faults: readonly SubscriptionFault[] }

const bounds = { deadlineS: 20, heartbeatS: 86_400, headers: 10, headerLength: 2_000 } as const

/** @param origins where notifications may go, compared whole */
export function readSubscription(resource: unknown, origins: readonly string[]): ReadSubscription {
  const channel = at(resource, 'channel')
  const faults: SubscriptionFault[] = []
  const refuse = (id: string, diagnostics: string, expression: string): void => {
    faults.push({ id, diagnostics, expression: `Subscription.${expression}` })
  }
  const topic = topics.find(({ url }) => url === at(resource, 'criteria'))
  if (topic === undefined)
    refuse('unsupported-topic', `\`criteria\` is one of ${topics.map(({ url }) => `\`${url}\``).join(', ')}`, 'criteria')
  if (listAt(at(resource, '_criteria'), 'extension').length > 0)
    refuse('unsupported-filter', 'these topics take no filter: leave `backport-filter-criteria` out', 'criteria.extension')
  const status = at(resource, 'status')
  if (status !== 'requested' && status !== 'off')
    refuse('subscription-status', '`status` is written as `requested` or `off`; the others are ours to set', 'status')
  if (at(channel, 'type') !== 'rest-hook') refuse('unsupported-channel', 'only the channel `rest-hook` is offered', 'channel.type')
  const given = at(channel, 'endpoint')
  const endpoint = typeof given === 'string' ? given : ''
  if (!isAllowed(endpoint, origins))
    refuse('endpoint-not-allowed', 'the endpoint is not on the list of the operator (`subscriptions.endpoints`)', 'channel.endpoint')
  const headers = listAt(channel, 'header').map(String)
  if (headers.length > bounds.headers || !headers.every(isHeader))
    refuse('bad-header', `at most ${bounds.headers} headers \`Name: value\`, none that the connection itself needs`, 'channel.header')
  const payload = payloadOf(channel, refuse)
  const { heartbeatS, deadlineS } = timesOf(channel, refuse)
  const end = at(resource, 'end')
  if (faults.length > 0 || topic === undefined || (status !== 'requested' && status !== 'off')) return { faults }
  return {
    ok: {
      topic,
      status,
      endpoint,
      headers,
      payload,
      heartbeatMs: heartbeatS === undefined ? undefined : heartbeatS * 1000,
      deadlineMs: (deadlineS ?? bounds.deadlineS) * 1000,
      end: typeof end === 'string' ? end : undefined,
    },
  }
}

type Refuse = (id: string, diagnostics: string, expression: string) => void

/** No clinical data in notices: who is told reads the record itself, and is judged then. */
function payloadOf(channel: unknown, refuse: Refuse): 'empty' | 'id-only' {
  const media = at(channel, 'payload')
  if (media !== undefined && media !== 'application/fhir+json' && media !== 'application/json')
    refuse('unsupported-payload', 'notifications are application/fhir+json', 'channel.payload')
  const [first, second] = listAt(at(channel, '_payload'), 'extension')
  if (first === undefined) return 'id-only'
  const content = at(first, 'valueCode')
  if (second === undefined && at(first, 'url') === extension.content && (content === 'id-only' || content === 'empty')) return content
  refuse(
    'unsupported-payload',
    'the content of a notification is `id-only` or `empty`: no record leaves in one; read it, and it is judged then',
    'channel.payload.extension',
  )
  return 'empty'
}

function timesOf(channel: unknown, refuse: Refuse): { heartbeatS?: number; deadlineS?: number } {
  const found: { heartbeatS?: number; deadlineS?: number } = {}
  for (const each of listAt(channel, 'extension')) {
    const value = at(each, 'valueUnsignedInt') ?? at(each, 'valuePositiveInt')
    const count = typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : undefined
    const url = at(each, 'url')
    if (url === extension.heartbeat && count !== undefined && count <= bounds.heartbeatS) found.heartbeatS = count
    else if (url === extension.timeout && count !== undefined) found.deadlineS = Math.min(count, bounds.deadlineS)
    // one event is sent at a time, which is within every bound
    else if (url !== extension.maxCount || count === undefined)
      refuse(
        'unsupported-extension',
        '`backport-heartbeat-period` (seconds, at most a day), `backport-timeout` (seconds) and `backport-max-count` are taken',
        'channel.extension',
      )
  }
  return found
}

function isAllowed(text: string, origins: readonly string[]): boolean {
  const url = URL.parse(text)
  return url !== null && url.username === '' && url.password === '' && url.hash === '' && origins.includes(url.origin)
}

const ofTheConnection = /^(host|connection|content-length|content-type|transfer-encoding|upgrade|te|trailer|expect|keep-alive|proxy-.*)$/i

/** `Name: value` with nothing that could begin another header. https://www.rfc-editor.org/rfc/rfc9110#section-5 */
function isHeader(text: string): boolean {
  const [, name] = /^([!#$%&'*+.^_`|~\w-]+): ?[\t\x20-\x7e]*$/.exec(text) ?? []
  return name !== undefined && text.length <= bounds.headerLength && !ofTheConnection.test(name)
}

function at(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

function listAt(value: unknown, name: string): readonly unknown[] {
  const list = at(value, name)
  return Array.isArray(list) ? list : list === undefined ? [] : [list]
}
