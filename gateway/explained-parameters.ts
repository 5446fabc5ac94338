/** An explanation as FHIR Parameters: the question, each consent with what became of it, and the grid, told as codes and as sentences. */
import type { Names } from '../consent/describe.ts'
import type { Kind, CellAnswer } from '../consent/simulate.ts'
import { confidentialityOf } from '../consent/label-order.ts'
import { tellAnswer, tellCell, tellQuestion } from '../consent/tell.ts'
import type { Bilingual } from '../consent/words.ts'
import { formatDate, formatInstant } from '../fhir-profiles/time.ts'
import type { Asking, Explained, ExplainedConsent } from './explained.ts'
import type { ToldParameter } from './release-consent.ts'

/** Constant, so that nothing of a patient shows in what is said of the limits of an answer. */
const limits: readonly Bilingual[] = [
  {
    ko: '이 답은 동의서와 기관 명부만으로 계산한 것으로, 환자에게 어떤 기록이 있는지는 반영하지 않습니다.',
    en: 'This answer is made of consents and the directory alone; whether the patient has such records is not looked at.',
  },
  {
    ko: '다른 기관의 기록은 그 기관과 환자 사이에 진료 관계(의뢰, 내원, 기관을 지정한 동의)가 있을 때에만 열람됩니다.',
    en: 'Records of another institution are shown only while the asking institution has to do with the patient (a referral, an encounter, a consent that names it).',
  },
]

export function parametersOf(explained: Explained, asking: Asking, names: Names): readonly ToldParameter[] {
  const question = tellQuestion({ ...asking, department: asking.departments[0] ?? '', nowMs: asking.atMs }, names)
  return [
    { name: 'date', valueDateTime: formatInstant(asking.atMs, names.timeZone) },
    said('question', question),
    ...explained.consents.map((consent) => consentPart(consent)),
    ...cellParts(explained, names),
    ...limits.map((limit) => said('limit', limit)),
  ]
}

function said(name: string, { ko, en }: Bilingual): ToldParameter {
  return { name, part: sentences({ ko, en }) }
}

function sentences({ ko, en }: Bilingual): readonly ToldParameter[] {
  return [
    { name: 'ko', valueString: ko },
    { name: 'en', valueString: en },
  ]
}

function consentPart({ id, version, status, by, told, unreadable }: ExplainedConsent): ToldParameter {
  return {
    name: 'consent',
    part: [
      ...referenceTo(id, version),
      { name: 'enforcementStatus', valueCode: status },
      ...(by === undefined ? [] : [{ name: 'replacedBy', valueReference: { reference: `Consent/${by}` } }]),
      ...unreadable.map(({ expression, reason }) => ({ name: 'unreadable', valueString: `${expression}: ${reason}` })),
      ...sentences(told),
    ],
  }
}

/** The edited consent has no version yet, and a new one no id. */
function referenceTo(id: string, version: string): readonly ToldParameter[] {
  if (version !== 'edited') return [{ name: 'consent', valueReference: { reference: `Consent/${id}/_history/${version}` } }]
  const isNew = id.startsWith('edited')
  return [{ name: 'edited', valueBoolean: true }, ...(isNew ? [] : [{ name: 'consent', valueReference: { reference: `Consent/${id}` } }])]
}

interface Row {
  readonly now: CellAnswer
  readonly after: CellAnswer | undefined
}

/** Cells of one source and kind with the same answer are told as one, with the classes they are of. */
function cellParts({ now, after }: Explained, names: Names): readonly ToldParameter[] {
  const rows = now.map((answer, at): Row => ({ now: answer, after: after?.[at] }))
  const classes = new Set(now.map(({ cell }) => cell.class)).size
  const groups = Map.groupBy(rows, (row) =>
    JSON.stringify([row.now.cell.source, row.now.cell.kind, keyOf(row.now), row.after && keyOf(row.after)]),
  )
  return [...groups.values()].flatMap((members) => {
    const [first] = members
    if (first === undefined) return []
    const named = members.map((row) => row.now.cell.class)
    return [cellPart(first, { classes: named, isAll: named.length === classes }, names)]
  })
}

function keyOf({ verdict, decision }: CellAnswer): unknown {
  return [verdict, decision.basis, decision.because, decision.obligations]
}

function cellPart(row: Row, of: { readonly classes: readonly string[]; readonly isAll: boolean }, names: Names): ToldParameter {
  const { source, kind } = row.now.cell
  const about = tellCell({ source, kind, classes: of.isAll ? undefined : of.classes }, names)
  const isChanged = row.after !== undefined && row.after.verdict !== row.now.verdict
  return {
    name: 'cell',
    part: [
      { name: 'institution', valueCode: source },
      { name: 'kind', valueCode: kind.by },
      ...kindParts(kind, names),
      ...of.classes.map((word) => ({ name: 'class', valueString: word })),
      ...(row.after === undefined ? [] : [{ name: 'changed', valueBoolean: isChanged }]),
      answerPart('now', row.now, about),
      ...(row.after === undefined ? [] : [answerPart('after', row.after, about)]),
    ],
  }
}

function kindParts(kind: Kind, { timeZone }: Names): readonly ToldParameter[] {
  switch (kind.by) {
    case 'plain':
      return []
    case 'department':
    case 'sensitivity':
      return [{ name: kind.by, valueCode: kind.code }]
    case 'confidentiality':
      return [{ name: 'confidentiality', valueCode: confidentialityOf(kind.rank) ?? 'unknown' }]
    case 'code':
      return [{ name: 'code', valueString: kind.code }]
    case 'dates':
      return [{ name: 'dates', valueString: `${formatDate(kind.fromMs, timeZone)}/${formatDate(kind.untilMs, timeZone)}` }]
    case 'author':
      return [{ name: 'author', valueString: kind.key }]
    case 'record':
      return [{ name: 'record', valueString: kind.id }]
    default:
      return kind satisfies never
  }
}

function answerPart(name: string, { verdict, decision }: CellAnswer, about: Bilingual): ToldParameter {
  const told = tellAnswer(verdict, decision)
  return {
    name,
    part: [
      { name: 'decision', valueCode: verdict },
      ...decision.basis.map((basis) => ({ name: 'basis', valueCode: basis })),
      ...decision.because.map((reason) => ({ name: 'reason', part: reasonParts(reason) })),
      ...decision.obligations.map((obligation) => ({ name: 'obligation', valueCode: obligation })),
      ...sentences({ ko: `${about.ko}: ${told.ko}`, en: `${about.en}: ${told.en}` }),
    ],
  }
}

/** The rule's place in the consent as FHIR people write it: '0.1' is the second exception of the first. */
function reasonParts({ rule, consent, version, path }: CellAnswer['decision']['because'][number]): readonly ToldParameter[] {
  const expression = path.split('.').reduce((at, step) => `${at}.provision[${step}]`, 'Consent.provision')
  return [
    { name: 'rule', valueCode: rule },
    ...(consent === ''
      ? []
      : [...referenceTo(consent, version), { name: 'path', valueString: path === '' ? 'Consent.provision' : expression }]),
  ]
}
