/**
 * What is prescribed here. Ingredients, strengths and ATC codes are real (https://atcddd.fhi.no); the EDI product numbers have the nine digits
 * of the real ones but are made up (they begin with 99991), because no public list of them exists.
 */

export interface Drug {
  /** the clinic's own code */
  readonly local: string
  readonly edi: string
  readonly atc: string
  readonly ingredient: string
  readonly product: string
  readonly unit: '정' | '캡슐' | 'mL' | '단위' | '퍼프' | '포'
  /** an adult's usual single dose and how often a day; a child's is reckoned from the weight where `perKg` is given */
  readonly dose: number
  readonly perDay: number
  readonly words: string
  /** youngest age in years; a syrup has an oldest one */
  readonly fromAge: number
  readonly untilAge: number
  /** mL per kg and dose, and the most that is given at once */
  readonly perKg?: { readonly dose: number; readonly most: number }
}

type Row = readonly [
  local: string,
  atc: string,
  ingredient: string,
  product: string,
  unit: Drug['unit'],
  dose: number,
  perDay: number,
  words: string,
  more?: { readonly fromAge?: number; readonly untilAge?: number; readonly perKg?: Drug['perKg'] },
]

// oxfmt-ignore
const rows = {
  amlodipine: ['AML5', 'C08CA01', 'amlodipine', '암로디핀정 5밀리그램', '정', 1, 1, '아침 식후'],
  losartan: ['LOS50', 'C09CA01', 'losartan', '로사르탄정 50밀리그램', '정', 1, 1, '아침 식후'],
  telmisartan: ['TEL40', 'C09CA07', 'telmisartan', '텔미사르탄정 40밀리그램', '정', 1, 1, '아침 식후'],
  hydrochlorothiazide: ['HCT12', 'C03AA03', 'hydrochlorothiazide', '히드로클로로티아지드정 12.5밀리그램', '정', 1, 1, '아침 식후'],
  bisoprolol: ['BIS2', 'C07AB07', 'bisoprolol', '비소프롤롤정 2.5밀리그램', '정', 1, 1, '아침 식후'],
  furosemide: ['FUR40', 'C03CA01', 'furosemide', '푸로세미드정 40밀리그램', '정', 1, 1, '아침 식후'],
  metformin: ['MET500', 'A10BA02', 'metformin', '메트포르민정 500밀리그램', '정', 1, 2, '아침 저녁 식후'],
  sitagliptin: ['SIT100', 'A10BH01', 'sitagliptin', '시타글립틴정 100밀리그램', '정', 1, 1, '아침 식후'],
  linagliptin: ['LIN5', 'A10BH05', 'linagliptin', '리나글립틴정 5밀리그램', '정', 1, 1, '아침 식후'],
  empagliflozin: ['EMP10', 'A10BK03', 'empagliflozin', '엠파글리플로진정 10밀리그램', '정', 1, 1, '아침 식후'],
  glimepiride: ['GLM2', 'A10BB12', 'glimepiride', '글리메피리드정 2밀리그램', '정', 1, 1, '아침 식전'],
  glargine: ['GLAR', 'A10AE04', 'insulin glargine', '인슐린글라진주 프리필드펜', '단위', 16, 1, '취침 전 피하주사'],
  lispro: ['LISP', 'A10AB04', 'insulin lispro', '인슐린리스프로주 프리필드펜', '단위', 6, 3, '식사 직전 피하주사'],
  atorvastatin: ['ATV10', 'C10AA05', 'atorvastatin', '아토르바스타틴정 10밀리그램', '정', 1, 1, '저녁 식후'],
  rosuvastatin: ['ROS10', 'C10AA07', 'rosuvastatin', '로수바스타틴정 10밀리그램', '정', 1, 1, '저녁 식후'],
  ezetimibe: ['EZE10', 'C10AX09', 'ezetimibe', '에제티미브정 10밀리그램', '정', 1, 1, '저녁 식후'],
  aspirin: ['ASP100', 'B01AC06', 'acetylsalicylic acid', '아스피린장용정 100밀리그램', '정', 1, 1, '아침 식후'],
  clopidogrel: ['CLO75', 'B01AC04', 'clopidogrel', '클로피도그렐정 75밀리그램', '정', 1, 1, '아침 식후'],
  apixaban: ['APX5', 'B01AF02', 'apixaban', '아픽사반정 5밀리그램', '정', 1, 2, '아침 저녁'],
  levothyroxine: ['LT4', 'H03AA01', 'levothyroxine sodium', '레보티록신정 50마이크로그램', '정', 1, 1, '아침 공복'],
  methimazole: ['MMI5', 'H03BB02', 'thiamazole', '메티마졸정 5밀리그램', '정', 1, 2, '아침 저녁 식후'],
  omeprazole: ['OMP', 'A02BC01', 'omeprazole', '오메프라졸캡슐 20밀리그램', '캡슐', 1, 1, '아침 식전'],
  rebamipide: ['REB100', 'A02BX14', 'rebamipide', '레바미피드정 100밀리그램', '정', 1, 3, '식후'],
  loperamide: ['LOP2', 'A07DA03', 'loperamide', '로페라미드캡슐 2밀리그램', '캡슐', 1, 2, '식후'],
  smectite: ['SMEC', 'A07BC05', 'diosmectite', '디옥타헤드랄스멕타이트현탁액 20밀리리터', '포', 1, 3, '식간'],
  probiotic: ['SBOU', 'A07FA02', 'saccharomyces boulardii', '사카로미세스보울라디산 250밀리그램', '포', 1, 2, '식후', { fromAge: 0 }],
  acetaminophen: ['AAP', 'N02BE01', 'paracetamol', '아세트아미노펜정 500밀리그램', '정', 1, 3, '식후'],
  acetaminophenSyrup: ['AAPS', 'N02BE01', 'paracetamol', '아세트아미노펜시럽 32밀리그램/밀리리터', 'mL', 5, 3, '식후', { fromAge: 0, untilAge: 11, perKg: { dose: 0.4, most: 15 } }],
  ibuprofenSyrup: ['IBUS', 'M01AE01', 'ibuprofen', '이부프로펜시럽 20밀리그램/밀리리터', 'mL', 5, 3, '열이 날 때 식후', { fromAge: 1, untilAge: 11, perKg: { dose: 0.4, most: 15 } }],
  loxoprofen: ['LOX60', 'M01AE', 'loxoprofen', '록소프로펜정 60밀리그램', '정', 1, 3, '식후'],
  celecoxib: ['CEL200', 'M01AH01', 'celecoxib', '셀레콕시브캡슐 200밀리그램', '캡슐', 1, 1, '식후'],
  eperisone: ['EPE50', 'M03BX09', 'eperisone', '에페리손정 50밀리그램', '정', 1, 3, '식후'],
  levodropropizine: ['LDP60', 'R05DB27', 'levodropropizine', '레보드로프로피진정 60밀리그램', '정', 1, 3, '식후'],
  levodropropizineSyrup: ['LDPS', 'R05DB27', 'levodropropizine', '레보드로프로피진시럽 6밀리그램/밀리리터', 'mL', 5, 3, '식후', { fromAge: 2, untilAge: 11, perKg: { dose: 0.16, most: 10 } }],
  ambroxol: ['AMB30', 'R05CB06', 'ambroxol', '암브록솔정 30밀리그램', '정', 1, 2, '식후'],
  cetirizine: ['CTZ', 'R06AE07', 'cetirizine', '세티리진정 10밀리그램', '정', 1, 1, '취침 전'],
  cetirizineSyrup: ['CTZS', 'R06AE07', 'cetirizine', '세티리진시럽 1밀리그램/밀리리터', 'mL', 5, 1, '취침 전', { fromAge: 2, untilAge: 11, perKg: { dose: 0.2, most: 5 } }],
  fluticasoneNasal: ['FLUN', 'R01AD08', 'fluticasone', '플루티카손나잘스프레이', '퍼프', 2, 1, '양쪽 콧속에 분무'],
  budesonideFormoterol: ['BUFO', 'R03AK07', 'formoterol and budesonide', '부데소니드포르모테롤흡입제 160/4.5', '퍼프', 1, 2, '흡입 후 입안을 헹굼'],
  tiotropium: ['TIO', 'R03BB04', 'tiotropium bromide', '티오트로피움흡입제 2.5마이크로그램', '퍼프', 2, 1, '흡입'],
  montelukast: ['MTK10', 'R03DC03', 'montelukast', '몬테루카스트정 10밀리그램', '정', 1, 1, '취침 전', { fromAge: 15 }],
  montelukastChew: ['MTK5', 'R03DC03', 'montelukast', '몬테루카스트츄정 5밀리그램', '정', 1, 1, '취침 전', { fromAge: 6, untilAge: 14 }],
  montelukastGranule: ['MTK4', 'R03DC03', 'montelukast', '몬테루카스트세립 4밀리그램', '포', 1, 1, '취침 전', { fromAge: 1, untilAge: 5 }],
  amoxicillinClavulanate: ['AMC625', 'J01CR02', 'amoxicillin and beta-lactamase inhibitor', '아목시실린클라불란산정 625밀리그램', '정', 1, 3, '식후'],
  amoxicillinClavulanateSyrup: ['AMCS', 'J01CR02', 'amoxicillin and beta-lactamase inhibitor', '아목시실린클라불란산시럽 (아목시실린 80밀리그램/밀리리터)', 'mL', 5, 2, '식후', { fromAge: 0, untilAge: 11, perKg: { dose: 0.5, most: 12 } }],
  clarithromycin: ['CLA250', 'J01FA09', 'clarithromycin', '클래리트로마이신정 250밀리그램', '정', 1, 2, '식후'],
  clarithromycinSyrup: ['CLAS', 'J01FA09', 'clarithromycin', '클래리트로마이신건조시럽 25밀리그램/밀리리터', 'mL', 5, 2, '식후', { fromAge: 0, untilAge: 11, perKg: { dose: 0.3, most: 10 } }],
  cefixime: ['CFX100', 'J01DD08', 'cefixime', '세픽심캡슐 100밀리그램', '캡슐', 1, 2, '식후'],
  fosfomycin: ['FOS3', 'J01XX01', 'fosfomycin', '포스포마이신산 3그램', '포', 1, 1, '취침 전 물에 녹여 1회'],
  oseltamivir: ['OST75', 'J05AH02', 'oseltamivir', '오셀타미비르캡슐 75밀리그램', '캡슐', 1, 2, '식후'],
  oseltamivirSyrup: ['OSTS', 'J05AH02', 'oseltamivir', '오셀타미비르현탁용분말 6밀리그램/밀리리터', 'mL', 10, 2, '식후', { fromAge: 1, untilAge: 11, perKg: { dose: 0.33, most: 12.5 } }],
  famciclovir: ['FAM250', 'J05AB09', 'famciclovir', '팜시클로비르정 250밀리그램', '정', 1, 3, '식후'],
  hydrocortisoneCream: ['HCCR', 'D07AA02', 'hydrocortisone', '히드로코르티손크림 1퍼센트', '포', 1, 2, '환부에 얇게 도포', { fromAge: 0 }],
  tamsulosin: ['TAM02', 'G04CA02', 'tamsulosin', '탐스로신캡슐 0.2밀리그램', '캡슐', 1, 1, '저녁 식후'],
  alendronate: ['ALN10', 'M05BA04', 'alendronic acid', '알렌드론산정 10밀리그램', '정', 1, 1, '아침 공복에 물과 함께'],
  allopurinol: ['ALP100', 'M04AA01', 'allopurinol', '알로푸리놀정 100밀리그램', '정', 1, 2, '식후'],
  febuxostat: ['FBX40', 'M04AA03', 'febuxostat', '페북소스타트정 40밀리그램', '정', 1, 1, '아침 식후'],
  iron: ['FES', 'B03AA07', 'ferrous sulfate', '황산제일철서방정 256밀리그램', '정', 1, 1, '식전'],
  folicAcid: ['FOL1', 'B03BB01', 'folic acid', '엽산정 1밀리그램', '정', 1, 1, '아침 식후'],
  escitalopram: ['ESC10', 'N06AB10', 'escitalopram', '에스시탈로프람정 10밀리그램', '정', 1, 1, '저녁 식후'],
  sertraline: ['SER50', 'N06AB06', 'sertraline', '서트랄린정 50밀리그램', '정', 1, 1, '아침 식후'],
  alprazolam: ['ALZ025', 'N05BA12', 'alprazolam', '알프라졸람정 0.25밀리그램', '정', 1, 2, '아침 저녁 식후'],
  zolpidem: ['ZOL5', 'N05CF02', 'zolpidem', '졸피뎀정 5밀리그램', '정', 1, 1, '취침 직전'],
  quetiapine: ['QUE100', 'N05AH04', 'quetiapine', '쿠에티아핀정 100밀리그램', '정', 1, 2, '아침 저녁'],
  lithium: ['LIT300', 'N05AN01', 'lithium', '탄산리튬정 300밀리그램', '정', 1, 2, '아침 저녁 식후'],
  methylphenidate: ['MPH18', 'N06BA04', 'methylphenidate', '메틸페니데이트서방정 18밀리그램', '정', 1, 1, '아침', { fromAge: 6, untilAge: 18 }],
  donepezil: ['DON5', 'N06DA02', 'donepezil', '도네페질정 5밀리그램', '정', 1, 1, '취침 전'],
  biktarvy: ['BIC', 'J05AR20', 'emtricitabine, tenofovir alafenamide and bictegravir', '빅테그라비르엠트리시타빈테노포비르정', '정', 1, 1, '매일 같은 시간'],
  trimethoprimSulfa: ['SXT', 'J01EE01', 'sulfamethoxazole and trimethoprim', '설파메톡사졸트리메토프림정 400/80밀리그램', '정', 1, 1, '식후'],
  entecavir: ['ETV05', 'J05AF10', 'entecavir', '엔테카비르정 0.5밀리그램', '정', 1, 1, '공복'],
  tamoxifen: ['TMX20', 'L02BA01', 'tamoxifen', '타목시펜정 20밀리그램', '정', 1, 1, '아침 식후'],
  letrozole: ['LTZ25', 'L02BG04', 'letrozole', '레트로졸정 2.5밀리그램', '정', 1, 1, '아침 식후'],
  osimertinib: ['OSI80', 'L01EB04', 'osimertinib', '오시머티닙정 80밀리그램', '정', 1, 1, '매일 같은 시간'],
  sulfasalazine: ['SSZ500', 'A07EC01', 'sulfasalazine', '설파살라진장용정 500밀리그램', '정', 2, 2, '아침 저녁 식후'],
  hydroxychloroquine: ['HCQ200', 'P01BA02', 'hydroxychloroquine', '히드록시클로로퀸정 200밀리그램', '정', 1, 1, '식후'],
} as const satisfies Readonly<Record<string, Row>>

export type DrugName = keyof typeof rows

/** products the clinic's price list had before */
const clinicProducts: Readonly<Record<string, string>> = {
  AML5: '900000011',
  LOS50: '900000012',
  MET500: '900000013',
  ATV10: '900000014',
  LT4: '900000015',
  AAP: '900000016',
  AAPS: '900000017',
  CTZ: '900000018',
  GLAR: '900000019',
  OMP: '900000020',
}

function drugOf([local, atc, ingredient, product, unit, dose, perDay, words, more = {}]: Row, at: number): Drug {
  const { fromAge = 12, untilAge = 130, perKg } = more
  const edi = clinicProducts[local] ?? `99991${String(at + 1).padStart(3, '0')}0`
  return { local, edi, atc, ingredient, product, unit, dose, perDay, words, fromAge, untilAge, ...(perKg === undefined ? {} : { perKg }) }
}

// One entry per row, in their order: the keys are those of `rows`.
export const drugs = Object.fromEntries(Object.entries<Row>(rows).map(([name, row], at) => [name, drugOf(row, at)])) as Readonly<
  Record<DrugName, Drug>
>

export interface Prescription {
  readonly drug: Drug
  /** one dose, in the drug's unit */
  readonly dose: number
  readonly timesADay: number
  readonly days: number
}

/** A child's dose of a syrup follows the weight (rounded to half a millilitre, at least one), an adult's is the usual one. */
export function prescription(name: DrugName, days: number, weightKg: number): Prescription {
  const drug = drugs[name]
  const { perKg } = drug
  const reckoned = perKg === undefined ? drug.dose : Math.min(perKg.most, Math.max(1, Math.round(perKg.dose * weightKg * 2) / 2))
  return { drug, dose: reckoned, timesADay: drug.perDay, days }
}
