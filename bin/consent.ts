/**
 * `carenet consent explain`: what Consent/$explain answers, as sentences. Speaks HTTP with a token of the privacy officer, or of a patient
 * about themselves; with an edited consent it tells what would change. Nothing is written but the ledger entry of the question.
 */
import { readFile } from 'node:fs/promises'

export interface ExplainOptions {
  /** base address of the gateway, e.g. `http://localhost:8080` */
  readonly url: string
  /** an access token; CARENET_TOKEN when it is not given */
  readonly token?: string
  readonly person?: string
  readonly role?: string
  readonly institution?: string
  readonly department?: string
  readonly purpose?: string
  readonly date?: string
  /** a file with the edited consent */
  readonly consent?: string
  readonly language: 'ko' | 'en'
  readonly all?: boolean
  readonly env: Readonly<Record<string, string | undefined>>
  readonly print: (line: string) => void
}

/** As the gateway tells it; what a part holds is asked by name. */
interface Part {
  readonly name: string
  readonly part?: readonly Part[]
  readonly valueCode?: string
  readonly valueString?: string
  readonly valueBoolean?: boolean
  readonly valueReference?: { readonly reference?: string }
}

/** Prints the answer. Throws with what the gateway said when it does not answer. */
export async function explainConsents(options: ExplainOptions): Promise<void> {
  const parts = await ask(options)
  for (const line of linesOf(parts, options)) options.print(line)
}

async function ask(options: ExplainOptions): Promise<readonly Part[]> {
  const token = options.token ?? options.env['CARENET_TOKEN'] ?? ''
  if (token === '')
    throw new Error('an access token is needed: --token, or CARENET_TOKEN (in the sandbox: carenet token --as privacy-officer)')
  const { person, role, institution, department, purpose, date } = options
  const words = Object.entries({ person, role, institution, department, purpose, date }).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, valueString: value }],
  )
  const edited: unknown = options.consent === undefined ? undefined : JSON.parse(await readFile(options.consent, 'utf8'))
  const parameter = [...words, ...(edited === undefined ? [] : [{ name: 'consent', resource: edited }])]
  const response = await fetch(`${options.url.replace(/\/$/, '')}/fhir/R4/Consent/$explain`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/fhir+json' },
    body: JSON.stringify({ resourceType: 'Parameters', parameter }),
    signal: AbortSignal.timeout(30_000),
  })
  const body: unknown = await response.json()
  if (!response.ok) throw new Error(`the gateway answered ${response.status}: ${diagnosticsOf(body)}`)
  // Parameters of our own gateway, whose form its tests hold; only names are asked for below.
  return (body as { readonly parameter?: readonly Part[] }).parameter ?? []
}

function diagnosticsOf(body: unknown): string {
  // an OperationOutcome, or nothing that could be told
  const { issue = [] } = body as { readonly issue?: readonly { readonly diagnostics?: string }[] }
  return issue.map(({ diagnostics }) => diagnostics ?? '').join('; ')
}

function linesOf(parts: readonly Part[], { language, all }: ExplainOptions): readonly string[] {
  const sentence = (part: Part | undefined): string => part?.part?.find((each) => each.name === language)?.valueString ?? ''
  const named = (name: string): readonly Part[] => parts.filter((each) => each.name === name)
  const within = (part: Part, name: string): Part | undefined => part.part?.find((each) => each.name === name)
  const isDryRun = named('cell').some((cell) => within(cell, 'after') !== undefined)
  const shown = isDryRun && all !== true ? named('cell').filter((cell) => within(cell, 'changed')?.valueBoolean === true) : named('cell')
  return [
    ...named('consent').flatMap((consent) => consentLines(consent, sentence(consent))),
    sentence(named('question')[0]),
    ...(shown.length === 0 ? [isDryRun ? '  =' : ''] : shown.flatMap((cell) => cellLines(cell, { sentence, within }))),
    ...named('limit').map((limit) => `  * ${sentence(limit)}`),
  ].filter((line) => line !== '')
}

function consentLines(consent: Part, told: string): readonly string[] {
  const value = (name: string): string | undefined => {
    const found = consent.part?.find((each) => each.name === name)
    return found?.valueReference?.reference ?? found?.valueCode ?? found?.valueString
  }
  const name = value('consent') ?? 'Consent (edited)'
  const unread = (consent.part ?? []).filter((each) => each.name === 'unreadable').map((each) => `  ! ${each.valueString ?? ''}`)
  return [`${name} [${value('enforcementStatus') ?? ''}]`, `  ${told}`, ...unread]
}

interface Reading {
  readonly sentence: (part: Part | undefined) => string
  readonly within: (part: Part, name: string) => Part | undefined
}

/** `+` permitted, `-` refused, `?` depends; in a dry run before and after. */
function cellLines(cell: Part, { sentence, within }: Reading): readonly string[] {
  const line = (name: 'now' | 'after'): readonly string[] => {
    const answer = within(cell, name)
    if (answer === undefined) return []
    const decision = within(answer, 'decision')?.valueCode
    const sign = decision === 'permit' ? '+' : decision === 'deny' ? '-' : '?'
    const reason = within(answer, 'reason')
    const at = reason === undefined ? undefined : within(reason, 'consent')?.valueReference?.reference
    const path = reason === undefined ? undefined : within(reason, 'path')?.valueString
    return [`  ${name === 'after' ? '→ ' : ''}${sign} ${sentence(answer)}${at === undefined ? '' : ` (${at} ${path ?? ''})`}`]
  }
  return [...line('now'), ...line('after')]
}
