/** Values that hang together: one body, its illnesses, how long they are treated. Formulas where medicine has them, no dice on their own. */
import type { Result } from './care.ts'
import type { Sex } from './conditions.ts'
import type { Random } from './random.ts'
import { panels, tests } from './tests.ts'
import type { PanelName, Test, TestName } from './tests.ts'

/** What a laboratory would have to know of the person on that day. */
export interface Body {
  readonly sex: Sex
  /** in years, with fraction */
  readonly age: number
  /** years since each illness was found, by KCD */
  readonly since: ReadonlyMap<string, number>
  /** the acute illness of the day */
  readonly acute?: string
  /** gene and finding of the genetic test that was ordered */
  readonly genes?: readonly [gene: string, finding: string]
  /** where the person lies among others, by test; drawn once and kept */
  readonly habit: (test: string) => number
  readonly chance: Random
}

type Values = Partial<Record<TestName, number | string>>

export function measure(panel: PanelName, body: Body): readonly Result[] {
  const values = measured[panel](body)
  return panels[panel].tests.flatMap((name: TestName): Result[] => {
    const value = values[name]
    // eGFR of children needs another formula, so the laboratory prints none
    return value === undefined ? [] : [{ test: tests[name], value: typeof value === 'string' ? value : printed(tests[name], value) }]
  })
}

function printed(test: Test, value: number): string {
  const [low = value, high = value] = test.possible.filter((limit) => typeof limit === 'number')
  const shown = Math.min(high, Math.max(low, value)).toFixed(test.digits)
  // A quantity below what the method can count is told as such.
  return (test.local === 'HIVVL' || test.local === 'HBVDNA') && value <= low ? `<${low}` : shown
}

/** From what was found at the beginning to what treatment reaches, nine tenths of the way in about eight months. */
function treated(body: Body, kcd: string, first: number, goal: number): number {
  return goal + (first - goal) * Math.exp(-(body.since.get(kcd) ?? 9) / 0.28)
}

function has(body: Body, ...codes: readonly string[]): boolean {
  return codes.some((code) => body.since.has(code))
}

/** steady place among others (`habit`) plus the day's own sway */
function around(body: Body, test: string, mean: number, spread: number, sway = spread * 0.25): number {
  return mean + body.habit(test) * spread + body.chance.normal(0, sway)
}

function count(body: Body): Values {
  const { sex, age, acute } = body
  const isChild = age < 14
  const isPregnant = has(body, 'Z34.9')
  const usual = isChild ? 11.9 + age * 0.12 : (sex === 'male' ? 15.1 : 13.3) - Math.max(0, age - 60) * 0.03
  const iron = has(body, 'D50.9')
  const cells = has(body, 'C34.9') ? -1.2 : has(body, 'N18.3') ? -1.6 : isPregnant ? -1.6 : has(body, 'B20.6') ? -1.5 : 0
  const haemoglobin = iron
    ? treated(body, 'D50.9', around(body, 'hb', 9.4, 0.6), 12.6) + body.chance.normal(0, 0.12)
    : around(body, 'hb', usual + cells, 0.6, 0.2)
  const volume = iron ? treated(body, 'D50.9', 73, 84) : isChild ? 80 + age * 0.5 : around(body, 'mcv', 91, 2, 0.3)
  const haematocrit = haemoglobin / (iron ? 0.322 : 0.336)
  const infected = acute === 'J18.9' || acute === 'K35.8'
  const whites = infected
    ? body.chance.normal(14, 1.6)
    : around(body, 'wbc', has(body, 'B20.6') ? 4.3 : isPregnant ? 8.9 : isChild ? 7.6 : 6.2, 1)
  return {
    haemoglobin,
    haematocrit,
    redCells: (haematocrit / volume) * 10,
    whiteCells: whites,
    platelets: around(body, 'plt', (iron ? 320 : isChild ? 300 : 245) + (infected ? 40 : 0), 35),
  }
}

/** CKD-EPI 2021 without race: eGFR = 142 · min(Scr/κ,1)^α · max(Scr/κ,1)^−1.200 · 0.9938^age · 1.012 [women]. doi:10.1056/NEJMoa2102953 */
export function estimatedFiltration(creatinine: number, sex: Sex, age: number): number {
  const [kappa, alpha, factor] = sex === 'female' ? [0.7, -0.241, 1.012] : [0.9, -0.302, 1]
  const ratio = creatinine / kappa
  return 142 * Math.min(ratio, 1) ** alpha * Math.max(ratio, 1) ** -1.2 * 0.9938 ** Math.floor(age) * factor
}

function creatinineFor(filtration: number, sex: Sex, age: number): number {
  const [kappa, alpha] = sex === 'female' ? [0.7, 0.241] : [0.9, 0.302]
  const atKappa = estimatedFiltration(kappa, sex, age)
  return kappa * (atKappa / filtration) ** (1 / (filtration <= atKappa ? 1.2 : alpha))
}

function kidney(body: Body): Values {
  const { sex, age } = body
  const years = body.since.get('N18.3')
  const healthy = Math.max(
    64,
    Math.min(estimatedFiltration(sex === 'female' ? 0.7 : 0.9, sex, age) * 1.05, around(body, 'egfr', 112 - (age - 20) * 0.62, 7, 2)),
  )
  const ill = Math.max(31, around(body, 'egfr', 47, 4, 1.2) - (years ?? 0) * 0.6)
  const isChild = age < 18
  const exact = isChild ? 0.22 + age * 0.035 : creatinineFor(years === undefined ? healthy : ill, sex, age)
  const creatinine = Math.round(exact * (has(body, 'Z34.9') ? 0.75 : 1) * 100) / 100
  return {
    creatinine,
    ...(isChild ? {} : { egfr: Math.round(estimatedFiltration(creatinine, sex, age)) }),
    bun: around(body, 'bun', years === undefined ? 13.5 : 26, years === undefined ? 2 : 4),
    sodium: around(body, 'na', 140, 1.2),
    potassium: around(body, 'k', years === undefined ? 4.3 : 4.8, 0.2, 0.12),
    chloride: around(body, 'cl', 103, 1.3),
  }
}

function sugar(body: Body): Values {
  const diabetic = has(body, 'E11.9')
  const goal = 6.9 + Math.max(-0.6, body.habit('a1c') * 0.5)
  const exact = diabetic
    ? treated(body, 'E11.9', 8.8 + body.habit('a1c') * 0.6, goal) + body.chance.normal(0, 0.12)
    : around(body, 'a1c', 5.2 + Math.max(0, body.age - 35) * 0.008, 0.16, 0.05)
  const hba1c = Math.round(exact * 10) / 10
  // ADAG: estimated average glucose = 28.7 · HbA1c − 46.7; fasting lies somewhat below. doi:10.2337/dc08-0545
  const fasting = diabetic ? (28.7 * hba1c - 46.7) * 0.86 + body.chance.normal(0, 6) : 88 + (hba1c - 5.2) * 22 + body.chance.normal(0, 2.5)
  return { hba1c, glucose: fasting }
}

function lipids(body: Body): Values {
  const goal = has(body, 'I20.9', 'I69.3') ? 66 : 92
  const usual = around(body, 'ldl', 108, 13, 4)
  const raised = treated(body, 'E78.5', 172, goal) + body.habit('ldl') * 7 + body.chance.normal(0, 4)
  const inherited = treated(body, 'E78.0', 248, 118) + body.habit('ldl') * 10 + body.chance.normal(0, 5)
  const ldl = Math.round(has(body, 'E78.0') ? inherited : has(body, 'E78.5') ? raised : Math.min(usual, 138))
  const hdl = Math.round(around(body, 'hdl', body.sex === 'male' ? 48 : 56, 6, 2))
  const triglyceride = Math.round(Math.max(55, around(body, 'tg', has(body, 'E11.9', 'K76.0') ? 165 : 108, 26, 10)))
  // Friedewald backwards, so that the printed sum is right: LDL = TC − HDL − TG/5
  return { ldl, hdl, triglyceride, cholesterol: ldl + hdl + Math.round(triglyceride / 5) }
}

function liver(body: Body): Values {
  const fat = has(body, 'K76.0')
  const stones = body.acute === 'K80.2'
  const virus = has(body, 'B18.1')
  const alt = virus
    ? treated(body, 'B18.1', 96, around(body, 'alt', 24, 5, 2))
    : fat
      ? around(body, 'alt', 58, 11, 5)
      : stones
        ? body.chance.normal(48, 8)
        : around(body, 'alt', body.sex === 'male' ? 24 : 18, 5, 2)
  return {
    alt,
    ast: fat ? alt * 0.68 : alt * 0.8 + 6,
    ggt: around(body, 'ggt', fat ? 62 : stones ? 88 : body.sex === 'male' ? 31 : 19, fat ? 12 : 5),
    albumin: around(body, 'alb', has(body, 'C34.9') ? 3.9 : 4.4, 0.15, 0.06),
  }
}

function thyroid(body: Body): Values {
  if (has(body, 'E05.0')) return { tsh: treated(body, 'E05.0', 0.01, 1.2), freeT4: treated(body, 'E05.0', 3.4, 1.25) }
  if (has(body, 'E03.9'))
    return { tsh: treated(body, 'E03.9', 11, around(body, 'tsh', 2.4, 0.6, 0.3)), freeT4: treated(body, 'E03.9', 0.7, 1.18) }
  // After thyroid cancer the hormone is given to keep TSH low.
  if (has(body, 'C73')) return { tsh: Math.max(0.05, around(body, 'tsh', 0.32, 0.1, 0.05)), freeT4: around(body, 'ft4', 1.5, 0.08) }
  return { tsh: Math.max(0.6, around(body, 'tsh', 2, 0.5, 0.2)), freeT4: around(body, 'ft4', 1.25, 0.1) }
}

function mood(body: Body): Values {
  const low = has(body, 'F32.1')
  const phq = low ? treated(body, 'F32.1', 17, 7) : 6
  const gad = low ? treated(body, 'F32.1', 10, 5) : treated(body, has(body, 'F41.1') ? 'F41.1' : 'F41.0', 14, 6)
  return { phq9: Math.max(1, around(body, 'phq', phq, 1.5, 1)), gad7: Math.max(1, around(body, 'gad', gad, 1.5, 1)) }
}

function hiv(body: Body): Values {
  const code = ['B24', 'Z21', 'B20.6'].find((each) => body.since.has(each)) ?? 'B24'
  const first = code === 'B20.6' ? 310_000 : 42_000
  const copies = first * Math.exp(-(body.since.get(code) ?? 9) / 0.045)
  return {
    hivViralLoad: viral(copies),
    cd4:
      treated(body, code, code === 'B20.6' ? 74 : 340, code === 'B20.6' ? 176 + body.habit('cd4') * 8 : 640 + body.habit('cd4') * 60) +
      body.chance.normal(0, 9),
  }
}

/** What cannot be counted is told as the limit; the rest has three digits that mean something. */
function viral(copies: number): number {
  return copies < 20 ? 20 : Number(copies.toPrecision(3))
}

const heart = (body: Body): Values => ({
  ntProBnp: has(body, 'I50.9')
    ? treated(body, 'I50.9', 3400, 950) * (1 + 0.15 * body.habit('bnp') + body.chance.normal(0, 0.06))
    : Math.max(22, around(body, 'bnp', has(body, 'I48.9') ? 480 : 35 + Math.max(0, body.age - 50) * 2, has(body, 'I48.9') ? 90 : 12)),
  troponin: Math.max(0.003, around(body, 'tni', 0.009, 0.003, 0.002)),
})

const measured: Readonly<Record<PanelName, (body: Body) => Values>> = {
  count,
  kidney,
  sugar,
  lipids,
  liver,
  thyroid,
  mood,
  hiv,
  heart,
  albuminuria: (body) => ({
    urineAlbumin: Math.max(
      3,
      has(body, 'N18.3') ? around(body, 'acr', 160, 50, 15) : around(body, 'acr', has(body, 'E11.9') ? 18 : 8, 6, 2),
    ),
  }),
  urine: (body) => ({
    urineProtein: has(body, 'N18.3')
      ? body.chance.pick(['1+', '2+'])
      : body.acute === 'N30.0'
        ? body.chance.pick(['±', '1+'])
        : body.chance.weighted([
            ['음성', 9],
            ['±', 1],
          ]),
  }),
  uricAcid: (body) => ({
    uricAcid: has(body, 'M10.9')
      ? treated(body, 'M10.9', 9, 5.6) + body.chance.normal(0, 0.25)
      : around(body, 'ua', body.sex === 'male' ? 5.6 : 4.5, 0.5),
  }),
  inflammation: (body) => ({ crp: body.acute === 'J18.9' || body.acute === 'K35.8' ? Math.max(2.1, body.chance.normal(8.4, 2.1)) : 0.2 }),
  iron: (body) => ({ ferritin: treated(body, 'D50.9', 6, 38) + Math.abs(body.chance.normal(0, 2)) }),
  influenza: (body) => (body.chance.chance(0.7) ? { influenzaA: '양성', influenzaB: '음성' } : { influenzaA: '음성', influenzaB: '양성' }),
  allergy: (body) => ({
    totalIge: Math.max(90, around(body, 'ige', 360, 110, 20)),
    eosinophils: Math.max(2.2, around(body, 'eos', 6.4, 1.2, 0.6)),
  }),
  prostate: (body) => ({ psa: Math.max(0.4, around(body, 'psa', 2, 0.6, 0.15)) }),
  cognition: (body) => ({ mmse: around(body, 'mmse', 21, 1.4, 0.6) - (body.since.get('G30.1') ?? 0) * 0.6 }),
  lithium: (body) => ({ lithium: around(body, 'lith', 0.76, 0.06, 0.05) }),
  hepatitisB: (body) => {
    const copies = 2_400_000 * Math.exp(-(body.since.get('B18.1') ?? 9) / 0.07)
    return { hbvDna: viral(copies), afp: around(body, 'afp', 2.9, 0.6, 0.2) }
  },
  cea: (body) => ({
    cea: treated(body, has(body, 'C34.9') ? 'C34.9' : 'C18.9', 14, 3.1) + Math.abs(body.habit('cea')) * 0.5 + body.chance.normal(0, 0.15),
  }),
  breastMarker: (body) => ({
    ca153: treated(body, 'C50.9', 27, 14) + body.habit('ca153') + body.chance.normal(0, 0.5),
    cea: Math.max(0.6, around(body, 'cea', 1.8, 0.4, 0.2)),
  }),
  rheumatoid: (body) => ({
    rheumatoidFactor: Math.max(22, around(body, 'rf', 84, 25, 5)),
    crp: treated(body, 'M06.9', 3.2, 0.6) + Math.abs(body.chance.normal(0, 0.12)),
  }),
  glucoseLoad: (body) => ({ glucose50g: around(body, 'gct', 116, 12, 3) }),
  genes: (body) => ({ gene: body.genes?.[0] ?? 'BRCA1', variant: body.genes?.[1] ?? '검출되지 않음' }),
}
