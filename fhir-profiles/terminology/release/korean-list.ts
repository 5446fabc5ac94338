/**
 * The national lists as they are handed out: KCD of the statistics office, the claims codes (EDI) of HIRA, KD codes of KPIS. One line a code,
 * columns by name; publishers name them differently from year to year, so each meaning has the names it is known by.
 */
import { system } from '../../codes.ts'
import type { CompiledConcept, Release } from '../compiled.ts'
import { recordsOf, type Columns, type Lines, type Record } from './records.ts'

export interface ListKind {
  readonly url: string
  readonly id: string
  readonly name: string
  readonly title: string
  /** how this publisher heads the column of the code; compared without blanks, brackets and case */
  readonly code: readonly string[]
  /** the code as the list prints it; undefined = this line is no code */
  readonly normalise: (code: string) => string | undefined
  /** codes above it, nearest first, of those that the list holds */
  readonly above?: (codes: ReadonlySet<string>) => (code: string) => string | undefined
}

const korean = [
  '한글명',
  '한글명칭',
  '한글',
  '국문명',
  '한글질병명',
  '질병한글명',
  '한글상병명',
  '상병한글명',
  '한글상품명',
  '상품명',
  '제품명',
  '품명',
  '품목명',
  '명칭',
  '분류명',
  '행위명',
  '한글행위명',
]
const english = [
  '영문명',
  '영문명칭',
  '영문',
  '영문질병명',
  '질병영문명',
  '영문상병명',
  '상병영문명',
  '영문상품명',
  '영문행위명',
  'english',
]
/** a code with several lines: the latest holds */
const since = ['적용일자', '적용시작일자', '적용개시일자', '시작일자', '고시일자']

const plain = (code: string): string | undefined => (/^[0-9A-Za-z][0-9A-Za-z.-]{1,19}$/.test(code) ? code.toUpperCase() : undefined)

export const listKinds = {
  kcd: {
    url: system.kcd8,
    id: 'kostat-kcd-8',
    name: 'KOSTAT_KCD_8',
    title: 'KCD-8 한국표준질병·사인분류',
    code: ['코드', '분류코드', '질병코드', '질병분류코드', '상병기호', '상병코드', 'kcd코드', 'kcd', 'code'],
    normalise: kcdCode,
    above: kcdAbove,
  },
  'edi-procedure': {
    url: system.ediProcedure,
    id: 'hira-edi-procedure',
    name: 'HIRA_EDI_Procedures',
    title: 'HIRA EDI 진료행위',
    code: ['수가코드', '행위코드', '코드', 'edi코드', '청구코드', 'code'],
    normalise: plain,
  },
  'edi-medication': {
    url: system.ediMedication,
    id: 'hira-edi-medication',
    name: 'HIRA_EDI_Medication',
    title: 'HIRA EDI 약제',
    code: ['제품코드', '약품코드', '약가코드', '코드', 'edi코드', '청구코드', 'code'],
    normalise: plain,
  },
  'edi-material': {
    url: `${system.ediProcedure.slice(0, -'procedure'.length)}material`,
    id: 'hira-edi-material',
    name: 'HIRA_EDI_Material',
    title: 'HIRA EDI 치료재료',
    code: ['재료코드', '치료재료코드', '코드', 'edi코드', '청구코드', 'code'],
    normalise: plain,
  },
  kd: {
    url: system.kdCode,
    id: 'kpis-kdcode',
    name: 'KPIS_Korea_Drug_Code',
    title: 'KPIS KD 코드',
    code: ['표준코드', 'kd코드', '의약품표준코드', '대표코드', '코드', 'code'],
    normalise: plain,
  },
} as const satisfies { readonly [kind: string]: ListKind }

export type ListName = keyof typeof listKinds

/** Throws RangeError where the file has no column of codes, or none of its lines is one. */
export async function readList(kind: ListKind, lines: Lines, version: string): Promise<Release> {
  const found = new Map<string, { readonly concept: Omit<CompiledConcept, 'parents'>; readonly since: string }>()
  for await (const { columns, record } of recordsOf(lines)) {
    const read = conceptOf(kind, columns, record)
    if (read === undefined) continue
    const known = found.get(read.concept.code)
    if (known === undefined || known.since < read.since) found.set(read.concept.code, read)
  }
  if (found.size === 0) throw new RangeError('no line of this file is a code of this list')
  const parentOf = kind.above?.(new Set(found.keys()))
  const concepts = [...found.values()].map(({ concept }) => {
    const parent = parentOf?.(concept.code)
    return { ...concept, parents: parent === undefined ? [] : [parent] }
  })
  return { head: [kind.url, kind.id, version, kind.name, kind.title, 'active'], isCaseSensitive: true, concepts }
}

function conceptOf(
  kind: ListKind,
  columns: Columns,
  record: Record,
): { concept: Omit<CompiledConcept, 'parents'>; since: string } | undefined {
  const valueOf = (names: readonly string[]): string => {
    for (const name of names) {
      const column = columns.names.find((each) => plainName(each) === name)
      if (column !== undefined) return record[column] ?? ''
    }
    return ''
  }
  const isKnown = kind.code.some((name) => columns.names.some((each) => plainName(each) === name))
  if (!isKnown) throw new RangeError(`no column of codes; one of these is looked for: ${kind.code.join(', ')}`)
  const code = kind.normalise(valueOf(kind.code))
  if (code === undefined) return undefined
  const [ko, en] = [valueOf(korean), valueOf(english)]
  const used = new Set([...kind.code, ...korean, ...english])
  const properties = columns.names.flatMap((name) => {
    const value = record[name] ?? ''
    return used.has(plainName(name)) || value === '' || name === '' ? [] : [[name, value] as const]
  })
  const designations = en === '' || ko === '' ? [] : [['en', en] as const]
  return { concept: { code, display: ko === '' ? en : ko, designations, properties }, since: valueOf(since) }
}

function plainName(name: string): string {
  return name.replace(/[\s()_·.[\]]/g, '').toLowerCase()
}

/** `I614` → `I61.4`, `R05.` → `R05`, the signs † and * of the double classification dropped; blocks (`A00-A09`) and chapters stay. */
export function kcdCode(given: string): string | undefined {
  const text = given.toUpperCase().replace(/[†*+\s]/g, '')
  const [, stem, rest] = /^([A-Z]\d{2})\.?(\d{0,4})\.?$/.exec(text) ?? []
  if (stem !== undefined) return rest === undefined || rest === '' ? stem : `${stem}.${rest}`
  return /^[A-Z]\d{2}-[A-Z]\d{2}$/.test(text) ? text : undefined
}

/** A code falls under the next shorter one, a category under the narrowest block that spans it. */
function kcdAbove(codes: ReadonlySet<string>): (code: string) => string | undefined {
  const blocks = [...codes].flatMap((code) => {
    const [first, last] = code.split('-')
    return first === undefined || last === undefined ? [] : [{ code, first, last }]
  })
  const rank = (category: string): number => category.charCodeAt(0) * 100 + Number(category.slice(1))
  const width = ({ first, last }: { readonly first: string; readonly last: string }): number => rank(last) - rank(first)
  const byWidth = blocks.toSorted((a, b) => width(a) - width(b))
  return (code) => {
    const [first = '', last] = code.split('-')
    if (last !== undefined) return blockOver(first, last, width({ first, last }) + 1)
    for (let short = shorter(code); short.length >= 3; short = shorter(short)) if (codes.has(short)) return short
    return blockOver(code.slice(0, 3), code.slice(0, 3), 0)
  }

  function blockOver(first: string, last: string, atLeast: number): string | undefined {
    return byWidth.find((block) => rank(block.first) <= rank(first) && rank(last) <= rank(block.last) && width(block) >= atLeast)?.code
  }
}

function shorter(code: string): string {
  return code.slice(0, -1).replace(/\.$/, '')
}
