/** The national schedule as far as it falls into the year: toddlers, starting school, twelve years, 65 years, and influenza each autumn. */
import { ageOn, monthOf, plusDays } from './calendar.ts'
import type { Resident } from './people.ts'
import type { Random } from './random.ts'

export interface Vaccination {
  readonly day: string
  readonly reason: { readonly kcd: string; readonly name: string }
  readonly vaccines: readonly { readonly code: string; readonly name: string }[]
}

const vaccine = {
  mmr: { code: '29', name: '홍역/유행성이하선염/풍진 (MMR)' },
  varicella: { code: '30', name: '수두 (VAR)' },
  polio: { code: '21', name: '디프테리아/파상풍/백일해/폴리오 (DTaP-IPV)' },
  encephalitis: { code: '32', name: '일본뇌염 (IJEV, 불활성화 백신)' },
  tdap: { code: '24', name: '파상풍/디프테리아/백일해 (Tdap)' },
  papilloma: { code: '34', name: '사람유두종바이러스 감염증(HPV2, HP4)' },
  pneumococcus: { code: '27', name: '폐렴구균(PCV, PPSV)' },
  influenza: { code: '35', name: '인플루엔자 (IIV)' },
} as const

type Plan = readonly [months: number, reason: Vaccination['reason'], vaccines: Vaccination['vaccines'], sex?: Resident['gender']]

/** age in months */
const plans: readonly Plan[] = [
  [13, { kcd: 'Z27.4', name: '홍역-볼거리-풍진[MMR]에 대한 예방접종이 필요함' }, [vaccine.mmr, vaccine.varicella]],
  [50, { kcd: 'Z27.3', name: '디프테리아-파상풍-백일해와 폴리오[DTP+폴리오]에 대한 예방접종이 필요함' }, [vaccine.polio, vaccine.mmr]],
  [75, { kcd: 'Z24.1', name: '절지동물매개의 바이러스뇌염에 대한 예방접종이 필요함' }, [vaccine.encephalitis]],
  [134, { kcd: 'Z27.1', name: '디프테리아-파상풍-백일해 혼합[DTP]에 대한 예방접종이 필요함' }, [vaccine.tdap]],
  [147, { kcd: 'Z25.8', name: '기타 명시된 단일 바이러스질환에 대한 예방접종이 필요함' }, [vaccine.papilloma], 'female'],
  [781, { kcd: 'Z23.8', name: '기타 단일 세균성 질환에 대한 예방접종이 필요함' }, [vaccine.pneumococcus]],
]

export function vaccinationsOf(
  chance: Random,
  person: Resident,
  { from, until }: { readonly from: string; readonly until: string },
): readonly Vaccination[] {
  const planned = plans.flatMap(([months, reason, vaccines, sex]): Vaccination[] => {
    const day = plusDays(person.birthDate, Math.round(months * 30.44) + chance.between(0, 20))
    const isDue = day >= from && day <= plusDays(until, -3) && (sex === undefined || sex === person.gender)
    return isDue ? [{ day, reason, vaccines }] : []
  })
  return [...planned, ...influenza(chance, person, from, until)]
}

/** From the end of September on; free for children and from 65 years on, hence taken by most of them. */
function influenza(chance: Random, person: Resident, from: string, until: string): readonly Vaccination[] {
  const wanted = chance.between(0, 45)
  const autumns = [from.slice(0, 4), until.slice(0, 4)].map((year) => plusDays(`${year}-09-22`, wanted))
  const day = [...new Set(autumns)].find((each) => each >= from && each <= plusDays(until, -3))
  const takes = chance.next()
  if (day === undefined) return []
  const age = ageOn(person.birthDate, day)
  const share = age >= 65 ? 0.82 : age < 14 ? 0.68 : age >= 50 ? 0.34 : 0.2
  const isAutumn = monthOf(day) >= 8
  return takes < share && age >= 1 && isAutumn
    ? [{ day, reason: { kcd: 'Z25.1', name: '인플루엔자에 대한 예방접종이 필요함' }, vaccines: [vaccine.influenza] }]
    : []
}
