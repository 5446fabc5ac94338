/** What is measured here: LOINC, UCUM and the reference ranges a Korean laboratory prints, by sex where they differ. */

export interface Test {
  /** the clinic's own code; items only hospitals measure have one all the same */
  readonly local: string
  readonly loinc: string
  readonly name: string
  /** UCUM; '' for results in words */
  readonly unit: string
  /** decimals printed */
  readonly digits: number
  readonly low?: number | { readonly male: number; readonly female: number }
  readonly high?: number | { readonly male: number; readonly female: number }
  /** no result outside these is life as we know it; for words, what may be written */
  readonly possible: readonly [number, number] | readonly string[]
}

const test = (
  local: string,
  loinc: string,
  name: string,
  [unit, digits]: readonly [string, number],
  range: Pick<Test, 'low' | 'high'>,
  possible: Test['possible'],
): Test => ({ local, loinc, name, unit, digits, ...range, possible })

const mgdl = ['mg/dL', 0] as const
const words = ['', 0] as const

// oxfmt-ignore
export const tests = {
  glucose: test('GLU', '1558-6', '공복혈당', mgdl, { low: 70, high: 99 }, [55, 400]),
  hba1c: test('A1C', '4548-4', '당화혈색소', ['%', 1], { low: 4, high: 5.6 }, [4.3, 14]),
  creatinine: test('CREA', '2160-0', '크레아티닌', ['mg/dL', 2], { low: { male: 0.7, female: 0.5 }, high: { male: 1.3, female: 1.1 } }, [0.2, 6]),
  egfr: test('EGFRC', '98979-8', '사구체여과율(CKD-EPI 2021)', ['mL/min/{1.73_m2}', 0], { low: 60 }, [8, 150]),
  bun: test('BUN', '3094-0', '혈액요소질소', ['mg/dL', 1], { low: 8, high: 20 }, [5, 90]),
  sodium: test('NA', '2951-2', '나트륨', ['mmol/L', 0], { low: 135, high: 145 }, [125, 150]),
  potassium: test('K', '2823-3', '칼륨', ['mmol/L', 1], { low: 3.5, high: 5.1 }, [2.9, 6.2]),
  chloride: test('CL', '2075-0', '염소', ['mmol/L', 0], { low: 98, high: 110 }, [90, 115]),
  cholesterol: test('TC', '2093-3', '총콜레스테롤', mgdl, { high: 199 }, [90, 380]),
  hdl: test('HDL', '2085-9', 'HDL 콜레스테롤', mgdl, { low: 40 }, [25, 95]),
  ldl: test('LDLC', '13457-7', 'LDL 콜레스테롤', mgdl, { high: 129 }, [30, 290]),
  triglyceride: test('TG', '2571-8', '중성지방', mgdl, { high: 149 }, [35, 399]),
  ast: test('AST', '1920-8', 'AST', ['U/L', 0], { high: 40 }, [10, 400]),
  alt: test('ALT', '1742-6', 'ALT', ['U/L', 0], { high: 40 }, [6, 400]),
  ggt: test('GGT', '2324-2', '감마지티피', ['U/L', 0], { high: { male: 63, female: 35 } }, [8, 500]),
  albumin: test('ALB', '1751-7', '알부민', ['g/dL', 1], { low: 3.5, high: 5.2 }, [2, 5.3]),
  uricAcid: test('UA', '3084-1', '요산', ['mg/dL', 1], { low: { male: 3.4, female: 2.4 }, high: { male: 7, female: 5.7 } }, [1.8, 12]),
  whiteCells: test('WBC', '6690-2', '백혈구', ['10*3/uL', 1], { low: 4, high: 10 }, [1.5, 28]),
  redCells: test('RBC', '789-8', '적혈구', ['10*6/uL', 2], { low: { male: 4.2, female: 3.8 }, high: { male: 5.9, female: 5.2 } }, [2.5, 6.5]),
  haemoglobin: test('HB', '718-7', '혈색소', ['g/dL', 1], { low: { male: 13, female: 12 }, high: { male: 17, female: 16 } }, [6, 18.5]),
  haematocrit: test('HCT', '4544-3', '적혈구용적률', ['%', 1], { low: { male: 39, female: 36 }, high: { male: 52, female: 48 } }, [18, 56]),
  platelets: test('PLT', '777-3', '혈소판', ['10*3/uL', 0], { low: 150, high: 400 }, [60, 550]),
  crp: test('CRP', '1988-5', 'C반응단백', ['mg/dL', 2], { high: 0.5 }, [0.01, 28]),
  ferritin: test('FER', '2276-4', '페리틴', ['ng/mL', 0], { low: { male: 30, female: 13 }, high: { male: 400, female: 150 } }, [2, 900]),
  tsh: test('TSH', '3016-3', '갑상선자극호르몬', ['u[IU]/mL', 2], { low: 0.4, high: 4.5 }, [0.01, 40]),
  freeT4: test('FT4', '3024-7', '유리 T4', ['ng/dL', 2], { low: 0.8, high: 1.8 }, [0.3, 5]),
  psa: test('PSA', '2857-1', '전립선특이항원', ['ng/mL', 2], { high: 4 }, [0.1, 60]),
  urineProtein: test('UPRO', '20454-5', '요단백(스틱)', words, {}, ['음성', '±', '1+', '2+']),
  urineAlbumin: test('UACR', '9318-7', '소변 알부민/크레아티닌비', ['mg/g', 0], { high: 29 }, [1, 900]),
  influenzaA: test('FLUA', '80382-5', '인플루엔자 A 항원(신속)', words, {}, ['양성', '음성']),
  influenzaB: test('FLUB', '80383-3', '인플루엔자 B 항원(신속)', words, {}, ['양성', '음성']),
  totalIge: test('IGE', '19113-0', '총 면역글로불린 E', ['[IU]/mL', 0], { high: 100 }, [3, 1500]),
  eosinophils: test('EOS', '713-8', '호산구 분율', ['%', 1], { high: 5 }, [0.2, 15]),
  ntProBnp: test('BNP', '33762-6', 'NT-proBNP', ['pg/mL', 0], { high: 125 }, [20, 6000]),
  troponin: test('TNI', '10839-9', '트로포닌 I', ['ng/mL', 3], { high: 0.04 }, [0.001, 5]),
  phq9: test('PHQ9', '44261-6', '우울 선별도구(PHQ-9) 총점', ['{score}', 0], { high: 4 }, [0, 27]),
  gad7: test('GAD7', '70274-6', '불안 선별도구(GAD-7) 총점', ['{score}', 0], { high: 4 }, [0, 21]),
  mmse: test('MMSE', '72106-8', '간이정신상태검사(MMSE) 총점', ['{score}', 0], { low: 24 }, [5, 30]),
  lithium: test('LITH', '14334-7', '리튬 농도', ['mmol/L', 2], { low: 0.6, high: 1.2 }, [0.2, 1.5]),
  hivViralLoad: test('HIVVL', '20447-9', 'HIV-1 RNA 정량', ['{copies}/mL', 0], { high: 20 }, [20, 500_000]),
  cd4: test('CD4', '24467-3', 'CD4 양성 T세포', ['/uL', 0], { low: 500, high: 1500 }, [30, 1400]),
  hbvDna: test('HBVDNA', '42595-9', 'B형간염바이러스 DNA 정량', ['[IU]/mL', 0], { high: 20 }, [20, 5_000_000]),
  afp: test('AFP', '1834-1', '알파태아단백', ['ng/mL', 1], { high: 8.1 }, [0.8, 30]),
  cea: test('CEA', '2039-6', '암배아항원', ['ng/mL', 1], { high: 5 }, [0.3, 60]),
  ca153: test('CA153', '6875-9', 'CA 15-3', ['U/mL', 1], { high: 25 }, [4, 80]),
  rheumatoidFactor: test('RF', '11572-5', '류마티스인자', ['[IU]/mL', 0], { high: 14 }, [5, 300]),
  glucose50g: test('GCT50', '1504-0', '50그램 당부하 1시간 혈당', mgdl, { high: 139 }, [70, 230]),
  gene: test('GENE', '48018-6', '검사 유전자', words, {}, ['BRCA1', 'BRCA2', 'LDLR', 'HTT', 'EGFR']),
  variant: test('GVAR', '69548-6', '유전자 변이', words, {}, ['검출됨', '검출되지 않음']),
} as const satisfies Readonly<Record<string, Test>>

export type TestName = keyof typeof tests

export interface Panel {
  readonly loinc: string
  readonly name: string
  /** HL7 table 0074 */
  readonly section: string
  readonly tests: readonly TestName[]
}

// oxfmt-ignore
export const panels = {
  count: { loinc: '58410-2', name: '일반혈액검사', section: 'HM', tests: ['whiteCells', 'redCells', 'haemoglobin', 'haematocrit', 'platelets'] },
  kidney: { loinc: '24362-6', name: '신장기능검사', section: 'CH', tests: ['bun', 'creatinine', 'egfr', 'sodium', 'potassium', 'chloride'] },
  sugar: { loinc: '55399-0', name: '당뇨검사', section: 'CH', tests: ['glucose', 'hba1c'] },
  lipids: { loinc: '57698-3', name: '지질검사', section: 'CH', tests: ['cholesterol', 'triglyceride', 'hdl', 'ldl'] },
  liver: { loinc: '24325-3', name: '간기능검사', section: 'CH', tests: ['ast', 'alt', 'ggt', 'albumin'] },
  thyroid: { loinc: '24348-5', name: '갑상선기능검사', section: 'CH', tests: ['tsh', 'freeT4'] },
  albuminuria: { loinc: '9318-7', name: '미세알부민뇨검사', section: 'UR', tests: ['urineAlbumin'] },
  urine: { loinc: '20454-5', name: '요검사', section: 'UR', tests: ['urineProtein'] },
  uricAcid: { loinc: '3084-1', name: '요산검사', section: 'CH', tests: ['uricAcid'] },
  inflammation: { loinc: '1988-5', name: '염증검사', section: 'CH', tests: ['crp'] },
  iron: { loinc: '2276-4', name: '철대사검사', section: 'CH', tests: ['ferritin'] },
  influenza: { loinc: '80382-5', name: '인플루엔자 신속항원검사', section: 'VR', tests: ['influenzaA', 'influenzaB'] },
  allergy: { loinc: '19113-0', name: '알레르기검사', section: 'IMM', tests: ['totalIge', 'eosinophils'] },
  prostate: { loinc: '2857-1', name: '전립선특이항원검사', section: 'CH', tests: ['psa'] },
  heart: { loinc: '33762-6', name: '심장표지자검사', section: 'CH', tests: ['ntProBnp', 'troponin'] },
  mood: { loinc: '44249-1', name: '우울·불안 선별검사', section: 'OTH', tests: ['phq9', 'gad7'] },
  cognition: { loinc: '72106-8', name: '인지기능 선별검사', section: 'OTH', tests: ['mmse'] },
  lithium: { loinc: '14334-7', name: '약물농도검사', section: 'TX', tests: ['lithium'] },
  hiv: { loinc: '20447-9', name: 'HIV 추적검사', section: 'VR', tests: ['hivViralLoad', 'cd4'] },
  hepatitisB: { loinc: '42595-9', name: 'B형간염 추적검사', section: 'VR', tests: ['hbvDna', 'afp'] },
  cea: { loinc: '2039-6', name: '종양표지자검사', section: 'CH', tests: ['cea'] },
  breastMarker: { loinc: '6875-9', name: '종양표지자검사', section: 'CH', tests: ['ca153', 'cea'] },
  rheumatoid: { loinc: '11572-5', name: '류마티스검사', section: 'IMM', tests: ['rheumatoidFactor', 'crp'] },
  glucoseLoad: { loinc: '1504-0', name: '임신성 당뇨 선별검사', section: 'CH', tests: ['glucose50g'] },
  genes: { loinc: '51969-4', name: '유전자검사', section: 'GE', tests: ['gene', 'variant'] },
} as const satisfies Readonly<Record<string, Panel>>

export type PanelName = keyof typeof panels

/** A limit of the range for one sex; undefined where there is none. */
export function limitOf(limit: Test['low'], sex: 'male' | 'female'): number | undefined {
  return typeof limit === 'object' ? limit[sex] : limit
}
