/** One rule of a consent as one sentence. Only what the rule states itself is told; what it inherits was told above it. Pure. */
import { formatDate } from '../fhir-profiles/time.ts'
import { farFutureMs, farPastMs } from './instant.ts'
import { confidentialityOf, withNarrower } from './label-order.ts'
import type { ActorKey, DataTarget, DateTerms, LabelTerms, ProvisionRow } from './types.ts'
import { both, codeWords, koreanDate, listed, particle, wordFor, type Bilingual } from './words.ts'

export interface Names {
  /** an institution, department, practitioner, role or person as people know it; whoever is not known is named by the key */
  readonly actor: (key: ActorKey) => Bilingual
  /** IANA name; dates are told as days there */
  readonly timeZone: string
}

/** What the sentence is put together from; undefined = the rule does not state it. */
interface Parts {
  readonly receivers: Bilingual | undefined
  readonly isToPeople: boolean
  readonly purposes: Bilingual | undefined
  readonly records: Bilingual | undefined
  readonly actions: Bilingual | undefined
  readonly period: Bilingual | undefined
}

/** @param parent undefined for the root */
export function clauseOf(row: ProvisionRow, parent: ProvisionRow | undefined, names: Names): Bilingual {
  const sides = sidesOf(row, parent)
  const sentences = sides.map((side) => sentenceOf(row, parent, partsOf({ ...row, ...side }, parent, names)))
  const told = both((language) => sentences.map((sentence) => sentence[language]).join(language === 'ko' ? ' 마찬가지로 ' : ' Likewise: '))
  const unread = unreadOf(row, parent)
  return unread === undefined ? told : { ko: `${told.ko} ${unread.ko}`, en: `${told.en} ${unread.en}` }
}

/** Actors are alternatives on whichever side they are: a rule that names both sides is told as two. */
function sidesOf(
  { receivers, sources }: ProvisionRow,
  parent: ProvisionRow | undefined,
): readonly Pick<ProvisionRow, 'receivers' | 'sources'>[] {
  const isOwn = !isSame(receivers, parent?.receivers ?? null) || !isSame(sources, parent?.sources ?? null)
  if (!isOwn || (receivers ?? []).length === 0 || (sources ?? []).length === 0) return [{ receivers, sources }]
  return [
    { receivers, sources: [] },
    { receivers: [], sources },
  ]
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function partsOf(row: ProvisionRow, parent: ProvisionRow | undefined, names: Names): Parts {
  const own = <K extends keyof ProvisionRow>(element: K): ProvisionRow[K] | undefined =>
    isLimitless(row, element) || row[element] === null || isSame(row[element], parent?.[element] ?? null) ? undefined : row[element]
  const isActorOwn = own('receivers') !== undefined || own('sources') !== undefined
  const receivers = isActorOwn ? (row.receivers ?? []) : []
  return {
    receivers: receivers.length === 0 ? undefined : listed(receivers.map(names.actor)),
    isToPeople: receivers.length > 0 && receivers.every((key) => /^(practitioner|person|role):/.test(key)),
    purposes: mapped(own('purposes'), (codes) =>
      listed(codes.map((code) => (code.includes('|') ? codeWords(code) : wordFor('purposes', code)))),
    ),
    records: recordsOf(row, parent, { own, isActorOwn, names }),
    actions: mapped(own('actions'), (codes) => listed(codes.map((code) => wordFor('actions', code)))),
    period: parent === undefined ? undefined : narrowerPeriod(row, parent, names),
  }
}

function mapped<T, U>(value: T | null | undefined, make: (value: T) => U): U | undefined {
  return value === undefined || value === null ? undefined : make(value)
}

interface Telling {
  readonly own: <K extends keyof ProvisionRow>(element: K) => ProvisionRow[K] | undefined
  readonly isActorOwn: boolean
  readonly names: Names
}

/** Korean puts what narrows the noun before it, English after it. */
function recordsOf(row: ProvisionRow, parent: ProvisionRow | undefined, { own, isActorOwn, names }: Telling): Bilingual | undefined {
  const sources = isActorOwn ? (row.sources ?? []) : []
  const dropsSources = isActorOwn && sources.length === 0 && (parent?.sources ?? []).length > 0
  const limits = [
    mapped(own('dates'), (dates) => periodWords(dates, names)),
    sources.length > 0 ? around(listed(sources.map(names.actor)), ['', '의'], ['of ', '']) : undefined,
    dropsSources ? { ko: '보유 기관과 진료과에 관계없이', en: 'of whichever institution and department' } : undefined,
    mapped(own('labels'), (labels) => labelWords(labels, row.type)),
    mapped(own('codes'), (codes) => around(listed(codes.map(codeWords), 'or'), ['', ' 코드가 있는'], ['coded ', ''])),
  ].filter((limit) => limit !== undefined)
  const classes = mapped(own('classes'), (words) =>
    listed(words.map((word) => (word.includes('|') ? codeWords(word) : wordFor('types', word)))),
  )
  const targets = mapped(own('data'), (data) => targetWords(data, row.type))
  if (limits.length === 0 && classes === undefined && targets === undefined) return undefined
  const noun = targets ?? {
    ko: classes === undefined ? '기록' : `${classes.ko} 기록`,
    en: classes === undefined ? 'records' : `${classes.en} records`,
  }
  return {
    ko: [
      ...limits.map(({ ko }) => ko),
      ...(targets === undefined || classes === undefined ? [] : [`${classes.ko} 종류로서`]),
      noun.ko,
    ].join(' '),
    en: [
      noun.en,
      ...(targets === undefined || classes === undefined ? [] : [`that are ${classes.en} records`]),
      ...limits.map(({ en }) => en),
    ].join(' '),
  }
}

function around({ ko, en }: Bilingual, korean: readonly [string, string], english: readonly [string, string]): Bilingual {
  return { ko: korean[0] + ko + korean[1], en: english[0] + en + english[1] }
}

/** A permit is a clearance up to the labels, a refusal starts at them. */
function labelWords({ confidentialities, sensitivities }: LabelTerms, type: ProvisionRow['type']): Bilingual {
  const ranks = confidentialities.map((rank) => wordFor('confidentialities', confidentialityOf(rank) ?? String(rank)))
  const broadest = sensitivities.filter((code) => !sensitivities.some((other) => includes(other, code) && !includes(code, other)))
  const named = broadest.map((code) => wordFor('sensitivities', code))
  const [upKo, upEn] = type === 'permit' ? ['이하인', 'or below'] : ['이상인', 'or above']
  const words = [
    ...(ranks.length === 0
      ? []
      : [{ ko: `기밀도가 ${listed(ranks, 'or').ko} ${upKo}`, en: `of confidentiality ${listed(ranks, 'or').en} ${upEn}` }]),
    ...(named.length === 0
      ? []
      : [
          type === 'permit'
            ? { ko: `민감정보가 ${listed(named).ko}뿐인`, en: `that are sensitive as ${listed(named).en} and nothing else` }
            : { ko: `${listed(named, 'or').ko} 민감정보가 있는`, en: `labelled as ${listed(named, 'or').en}` },
        ]),
  ]
  return words.length === 0 ? { ko: '해당하는 민감도가 없는', en: 'of no label' } : listed(words, 'or')
}

function includes(broader: string, code: string): boolean {
  return withNarrower([broader]).includes(code)
}

function targetWords(data: readonly DataTarget[], type: ProvisionRow['type']): Bilingual {
  const meanings = new Map(data.map((target) => [`${target.meaning} ${target.bothWays}`, target]))
  const words = [...meanings.values()].map(({ meaning, bothWays }): Bilingual => {
    if (meaning === 'authoredby') {
      return { ko: '동의서가 지목한 작성자의 기록', en: 'records made by the author the consent names' }
    }
    if (meaning === 'instance') return { ko: '동의서가 지목한 기록', en: 'the records the consent names' }
    if (type === 'deny' || bothWays)
      return { ko: '동의서가 지목한 기록과 그와 서로 연결된 기록', en: 'the records the consent names and those linked with them' }
    return meaning === 'related'
      ? { ko: '동의서가 지목한 기록과 그 기록이 참조하는 기록', en: 'the records the consent names and those they refer to' }
      : { ko: '동의서가 지목한 기록과 그 기록을 참조하는 기록', en: 'the records the consent names and those that refer to them' }
  })
  return words.length === 0 ? { ko: '어떤 기록도 아닌 것', en: 'no record at all' } : listed(words)
}

function periodWords({ fromMs, untilMs }: DateTerms, { timeZone }: Names): Bilingual {
  const from = fromMs > farPastMs ? formatDate(fromMs, timeZone) : undefined
  const until = untilMs < farFutureMs ? formatDate(untilMs, timeZone) : undefined
  const ko = [from === undefined ? [] : [`${koreanDate(from)}부터`], until === undefined ? [] : [`${koreanDate(until)}까지`]]
    .flat()
    .join(' ')
  const en = [from === undefined ? [] : [`from ${from}`], until === undefined ? [] : [`until ${until}`]].flat().join(' ')
  return ko === '' ? { ko: '전체 기간의', en: 'of any date' } : { ko: `${ko}의`, en: `dated ${en}` }
}

/** A refusal that outlives a permit is no exception in time; only a period inside the one above is told. */
function narrowerPeriod(row: ProvisionRow, parent: ProvisionRow, names: Names): Bilingual | undefined {
  const fromMs = row.fromMs > parent.fromMs ? row.fromMs : farPastMs
  const untilMs = row.untilMs < parent.untilMs ? row.untilMs : farFutureMs
  if (fromMs === farPastMs && untilMs === farFutureMs) return undefined
  const { ko, en } = periodWords({ fromMs, untilMs }, names)
  return { ko: ko.replace(/의$/, ' '), en: en.replace(/^dated /, '') }
}

function sentenceOf(row: ProvisionRow, parent: ProvisionRow | undefined, parts: Parts): Bilingual {
  return parent === undefined ? rootSentence(row, parts) : exceptionSentence(row, parts)
}

function rootSentence({ type }: ProvisionRow, { receivers, isToPeople, purposes, records, actions }: Parts): Bilingual {
  const act = actions ?? { ko: '제공', en: 'released' }
  const isPermit = type === 'permit'
  const to = receivers === undefined ? (isPermit ? '누구에게나' : '누구에게도') : `${receivers.ko}${isToPeople ? '에게' : '에'}`
  const why = purposes === undefined ? (isPermit ? '어떤 목적으로든' : '어떤 목적으로도') : `${purposes.ko} 목적으로`
  const what = particle(records?.ko ?? (isPermit ? '모든 기록' : '기록'), '을', '를')
  const toEn = receivers === undefined ? (isPermit ? 'to anybody' : 'to nobody') : `to ${receivers.en}`
  const whyEn = purposes === undefined ? 'for any purpose' : `for ${purposes.en}`
  const whatEn = records?.en ?? 'all records'
  if (isPermit) {
    return {
      ko: `${to} ${why} ${what} ${act.ko}하는 데 동의합니다.`,
      en: `The patient agrees that ${whatEn} may be ${act.en} ${toEn} ${whyEn}.`,
    }
  }
  return {
    ko: `${to} ${why} ${what} ${act.ko}하지 않습니다.`,
    en: `The patient refuses that ${whatEn} be ${act.en} ${receivers === undefined ? 'to anybody' : toEn} ${whyEn}.`,
  }
}

function exceptionSentence({ type }: ProvisionRow, { receivers, isToPeople, purposes, records, actions, period }: Parts): Bilingual {
  const act = actions ?? { ko: '제공', en: 'released' }
  const isPermit = type === 'permit'
  const hasTopic = receivers !== undefined || purposes !== undefined
  const to = receivers === undefined ? '' : `${receivers.ko}${isToPeople ? '에게는' : '에는'} `
  const why = purposes === undefined ? '' : `${purposes.ko} ${receivers === undefined ? '목적으로는' : '목적으로'} `
  const what = records === undefined ? '' : `${hasTopic ? particle(records.ko, '을', '를') : particle(records.ko, '은', '는')} `
  const whole = to === '' && why === '' && what === '' && actions === undefined ? '같은 범위의 기록은 모두 ' : ''
  const subject = records?.en ?? (whole === '' ? 'records' : 'all of the same records')
  const en = [
    `${subject.charAt(0).toUpperCase()}${subject.slice(1)}`,
    isPermit ? 'may be' : 'may not be',
    act.en,
    ...(receivers === undefined ? [] : [`to ${receivers.en}`]),
    ...(purposes === undefined ? [] : [`for ${purposes.en}`]),
    ...(period === undefined ? [] : [period.en]),
  ]
  return {
    ko: `${period?.ko ?? ''}${to}${why}${what}${whole}${act.ko}${isPermit ? '할 수 있습니다.' : '하지 않습니다.'}`,
    en: `${en.join(' ')}.`,
  }
}

/** The elements of a provision by the terms they are compiled into. */
const elementOf: Readonly<Partial<Record<keyof ProvisionRow, string>>> = {
  receivers: 'actor',
  sources: 'actor',
  purposes: 'purpose',
  actions: 'action',
  labels: 'securityLabel',
  classes: 'class',
  codes: 'code',
  dates: 'dataPeriod',
  data: 'data',
}

/** In a refusal an element that cannot be read limits nothing, so nothing is told of it but that. */
function isLimitless(row: ProvisionRow, element: keyof ProvisionRow): boolean {
  return row.type === 'deny' && row.blind.includes(elementOf[element] ?? '')
}

/** What cannot be read here and was not so above. */
function unreadOf(row: ProvisionRow, parent: ProvisionRow | undefined): Bilingual | undefined {
  const fresh = row.blind.filter((element) => !(parent?.blind ?? []).includes(element))
  const [only, ...others] = fresh.includes('modifierExtension') ? ['modifierExtension'] : fresh
  if (only === undefined) return undefined
  if (only === 'verification' && others.length === 0) {
    return {
      ko: '(환자 본인에게 확인되지 않아 허용은 효력이 없고 거부만 적용됩니다.)',
      en: '(It was not confirmed with the patient, so what it permits is void and what it refuses is enforced.)',
    }
  }
  const words = listed([only, ...others].map((element) => wordFor('elements', element)))
  const unread = particle(words.ko, '을', '를')
  return row.type === 'permit'
    ? { ko: `(${unread} 해석할 수 없어 이 허용은 효력이 없습니다.)`, en: `(Its ${words.en} cannot be read, so this permission is void.)` }
    : {
        ko: `(${unread} 해석할 수 없어 거부를 넓게 적용합니다.)`,
        en: `(Its ${words.en} cannot be read, so the refusal is enforced widely.)`,
      }
}
