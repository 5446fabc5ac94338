/** Follow-up of long illnesses: what is due is measured, what suits is prescribed until the next visit. */
import { plusDays } from './calendar.ts'
import type { Visit } from './care.ts'
import type { Course } from './courses.ts'
import { first, genes, yearly } from './documents.ts'
import type { DrugName } from './drugs.ts'
import { appointment, diagnosisOf, measuredOn, noVisit, takerOn, vitalsOn } from './life.ts'
import type { Life, Slot } from './life.ts'
import { pregnancy } from './pregnancy.ts'
import { chosenDrugs, firstSuited, prescribed } from './prescribing.ts'
import type { PanelName } from './tests.ts'

/** Illnesses of one place and department are seen together. */
export function followUps(life: Life): readonly Visit[] {
  const groups = Object.values(Object.groupBy(life.outlook.courses, ({ place, department }) => `${place}/${department}`))
  return groups.flatMap((group) =>
    group === undefined ? [] : group[0]?.name === 'pregnancy' ? pregnancy(life, group[0]) : series(life, group),
  )
}

function series(life: Life, group: readonly Course[]): readonly Visit[] {
  const { chance } = life
  const shortest = Math.min(...group.map(({ condition }) => condition.everyDays))
  const everyDays = shortest === 56 && chance.chance(0.6) ? 84 : shortest
  const regimen = new Map(group.map((course) => [course.name, firstSuited(chance, course.condition.regimens, takerOn(life, life.until))]))
  const due = new Map<string, string>()
  const found: Visit[] = []
  const earliest = group.reduce((day, { since }) => (since < day ? since : day), life.until)
  let day = earliest > life.from ? earliest : plusDays(life.from, chance.between(0, Math.min(everyDays, 90) - 1))
  while (day <= life.until) {
    const slot = appointment(chance, day, group[0]?.place ?? 'clinic', life.until)
    const seen = group.filter(({ since }) => since <= slot.start.slice(0, 10))
    if (seen.length > 0) found.push(followUp(life, { seen, slot, everyDays, regimen, due, isFirst: found.length === 0 }))
    day = plusDays(day, everyDays + chance.between(-3, 3))
  }
  return found
}

interface FollowUp {
  readonly seen: readonly Course[]
  readonly slot: Slot
  readonly everyDays: number
  readonly regimen: ReadonlyMap<string, readonly DrugName[]>
  /** when each panel is due next */
  readonly due: Map<string, string>
  readonly isFirst: boolean
}

function followUp(life: Life, { seen, slot, everyDays, regimen, due, isFirst }: FollowUp): Visit {
  const { person, chance } = life
  const day = slot.start.slice(0, 10)
  const taker = takerOn(life, day)
  const [head] = seen
  const names = seen.flatMap(({ condition, name, since }) =>
    condition.panels.flatMap(([panel, every]): PanelName[] => {
      const isNew = since >= life.from
      // Who has been followed for years was measured some time before this year began.
      const next = due.get(panel) ?? (isNew ? day : plusDays(day, chance.between(0, every * condition.everyDays) - 20))
      const isDue = panel === 'genes' ? isFirst && name in genes : next <= plusDays(day, 10)
      due.set(panel, isDue ? plusDays(day, every * condition.everyDays) : next)
      return isDue ? [panel] : []
    }),
  )
  const gene = seen.map(({ name }) => genes[name]).find((each) => each !== undefined)
  const wanted = gene !== undefined && isFirst ? [...names, 'genes' as const] : names
  const suited = seen.map(({ name, condition }) => ({ names: regimen.get(name) ?? [], days: condition.supplyDays ?? everyDays }))
  const medicines = chosenDrugs(
    suited.flatMap(({ names }) => names),
    taker,
  )
  const { heightCm: height, ...vitals } = vitalsOn(life, day)
  const isMeasured = (isFirst || taker.age < 20) && height !== undefined
  return {
    ...noVisit,
    ...slot,
    person: person.number,
    place: head?.place ?? 'clinic',
    department: head?.department ?? '01',
    diagnoses: seen.map(diagnosisOf),
    prescriptions: medicines.flatMap((name) =>
      prescribed([name], suited.find((each) => each.names.includes(name))?.days ?? everyDays, taker),
    ),
    panels: measuredOn(life, day, wanted, undefined, gene === undefined ? undefined : [gene.gene, gene.finding]),
    vitals: isMeasured ? { ...vitals, heightCm: height } : vitals,
    documents: lettersOf(life, seen, isFirst),
  }
}

function lettersOf(life: Life, seen: readonly Course[], isFirst: boolean): Visit['documents'] {
  if (!isFirst) return []
  return seen.flatMap(({ name, since }) => {
    const gene = genes[name]
    const genetic = gene === undefined ? [] : [{ kind: 'genetic' as const, title: '유전자검사 결과', text: gene.text }]
    const atFirst = since >= life.from ? first[name] : undefined
    const ofYear = yearly[name]
    const letter = atFirst ?? ofYear
    return [...(letter === undefined ? [] : [letter]), ...genetic]
  })
}
