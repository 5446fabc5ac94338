/** An answer of the grid as sentences: whose records, of what kind, and why. Pure; names are passed in. */
import { explain } from './explain.ts'
import type { Names } from './clause.ts'
import { confidentialityOf } from './label-order.ts'
import type { Kind, Verdict } from './simulate.ts'
import type { Decision } from './types.ts'
import { both, codeWords, koreanDate, listed, wordFor, type Bilingual } from './words.ts'
import { formatDate } from '../fhir-profiles/time.ts'

export interface Question {
  readonly role: string
  /** directory id */
  readonly institution: string
  /** national department code; '' = not said */
  readonly department: string
  readonly purposes: readonly string[]
  readonly nowMs: number
}

/** `누리대학교병원 내과 의사가 진료 목적으로 2026년 3월 2일에 열람할 때`. */
export function tellQuestion({ role, institution, department, purposes, nowMs }: Question, names: Names): Bilingual {
  const date = formatDate(nowMs, names.timeZone)
  const who = wordFor('roles', role)
  const why = listed(purposes.map((purpose) => wordFor('purposes', purpose)))
  const at = role === 'patient' ? undefined : names.actor(`org:${institution}`)
  const inside = department === '' ? undefined : names.actor(`dept:${department}`)
  const ko = [at?.ko, inside?.ko, who.ko].filter((word) => word !== undefined).join(' ')
  const en = [who.en, ...(inside === undefined ? [] : [`of ${inside.en}`]), ...(at === undefined ? [] : [`at ${at.en}`])].join(' ')
  return { ko: `${koreanDate(date)}, ${why.ko} 목적, ${ko}:`, en: `On ${date}, for ${why.en}, ${en}:` }
}

export interface CellTold {
  readonly source: string
  readonly kind: Kind
  /** classes that share the answer; undefined = all of the grid */
  readonly classes: readonly string[] | undefined
}

export function tellCell({ source, kind, classes }: CellTold, names: Names): Bilingual {
  const place = names.actor(`org:${source}`)
  const what = kindWords(kind, names)
  const types =
    classes === undefined
      ? { ko: '모든 종류', en: 'all types' }
      : listed(classes.map((word) => (word.includes('|') ? codeWords(word) : wordFor('types', word))))
  return { ko: `${place.ko}의 ${what.ko} (${types.ko})`, en: `${what.en} of ${place.en} (${types.en})` }
}

export function tellAnswer(verdict: Verdict, decision: Decision): Bilingual {
  if (verdict !== 'depends') return explain(decision)
  return { ko: '동의서가 지목한 기록이 무엇인지에 따라 달라집니다.', en: 'It depends on the records that a consent names.' }
}

function kindWords(kind: Kind, names: Names): Bilingual {
  switch (kind.by) {
    case 'plain':
      return { ko: '일반 기록', en: 'Ordinary records' }
    case 'department':
      return around(names.actor(`dept:${kind.code}`), ['', ' 기록'], ['Records from ', ''])
    case 'sensitivity':
      return around(wordFor('sensitivities', kind.code), ['', ' 민감정보 기록'], ['Records labelled as ', ''])
    case 'confidentiality':
      return around(
        wordFor('confidentialities', confidentialityOf(kind.rank) ?? ''),
        ['기밀도 ', ' 기록'],
        ['Records of confidentiality ', ''],
      )
    case 'code':
      return around(codeWords(kind.code), ['', ' 코드의 기록'], ['Records coded ', ''])
    case 'dates':
      return { ko: '동의서가 정한 기간의 기록', en: 'Records of the period that a consent names' }
    case 'author':
      return around(names.actor(kind.key), ['', ' 작성 기록'], ['Records made by ', ''])
    case 'record':
      return { ko: `동의서가 지목한 기록 ${kind.id}`, en: `The record ${kind.id} that a consent names` }
    default:
      return kind satisfies never
  }
}

function around(word: Bilingual, ko: readonly [string, string], en: readonly [string, string]): Bilingual {
  return both((language) => (language === 'ko' ? ko[0] + word.ko + ko[1] : en[0] + word.en + en[1]))
}
