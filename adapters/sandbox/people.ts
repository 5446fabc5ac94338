/** The nine invented people of the sandbox network and where each is known. Nobody here is real. */

export interface SandboxPerson {
  readonly number: number
  readonly name: string
  readonly gender: 'male' | 'female'
  readonly birthDate: string
  readonly phone: string
  readonly address: string
  readonly postalCode: string
  /** 4 건강보험, 5 의료급여 */
  readonly payer: '4' | '5'
  readonly at: readonly ('clinic' | 'hospital' | 'tertiary')[]
}

const everywhere = ['clinic', 'hospital', 'tertiary'] as const

export const sandboxPeople: readonly SandboxPerson[] = [
  {
    number: 1,
    name: '강하늘',
    gender: 'female',
    birthDate: '1968-04-17',
    phone: '010-5501-0001',
    address: '경기도 수원시 팔달구 향교로 11',
    postalCode: '16455',
    payer: '4',
    at: everywhere,
  },
  {
    number: 2,
    name: '문지호',
    gender: 'male',
    birthDate: '1957-11-02',
    phone: '010-5501-0002',
    address: '경기도 수원시 장안구 정조로 902',
    postalCode: '16313',
    payer: '4',
    at: everywhere,
  },
  {
    number: 3,
    name: '배서연',
    gender: 'female',
    birthDate: '1979-08-25',
    phone: '010-5501-0003',
    address: '경기도 화성시 동탄대로 446',
    postalCode: '18478',
    payer: '4',
    at: everywhere,
  },
  {
    number: 4,
    name: '오태민',
    gender: 'male',
    birthDate: '1985-01-30',
    phone: '010-5501-0004',
    address: '경기도 용인시 수지구 성복2로 38',
    postalCode: '16824',
    payer: '4',
    at: everywhere,
  },
  {
    number: 5,
    name: '윤아린',
    gender: 'female',
    birthDate: '2018-06-09',
    phone: '010-5501-0005',
    address: '경기도 수원시 영통구 봉영로 1620',
    postalCode: '16704',
    payer: '4',
    at: everywhere,
  },
  {
    number: 6,
    name: '서도현',
    gender: 'male',
    birthDate: '1949-12-12',
    phone: '010-5501-0006',
    address: '경기도 오산시 성호대로 141',
    postalCode: '18131',
    payer: '4',
    at: everywhere,
  },
  {
    number: 7,
    name: '김민준',
    gender: 'male',
    birthDate: '1990-03-03',
    phone: '010-5501-0007',
    address: '경기도 수원시 권선구 서부로 1600',
    postalCode: '16623',
    payer: '4',
    at: ['clinic'],
  },
  {
    number: 8,
    name: '김민준',
    gender: 'male',
    birthDate: '1990-03-03',
    phone: '010-5501-0008',
    address: '경기도 안양시 동안구 시민대로 235',
    postalCode: '14055',
    payer: '4',
    at: ['hospital'],
  },
  {
    number: 9,
    name: '노은채',
    gender: 'female',
    birthDate: '2001-02-14',
    phone: '010-5501-0009',
    address: '경기도 성남시 분당구 판교로 228',
    postalCode: '13487',
    payer: '4',
    at: everywhere,
  },
]

/** The patient number one institution gave the person, e.g. `C-0001`. */
export function patientNumber(person: Pick<SandboxPerson, 'number'>, institution: 'clinic' | 'hospital' | 'tertiary'): string {
  const letter = { clinic: 'C', hospital: 'H', tertiary: 'T' }[institution]
  return `${letter}-${String(person.number).padStart(4, '0')}`
}

/** The sandbox institutions: the fixed facts every part of the sandbox agrees on. */
export const sandboxInstitutions = {
  clinic: { id: 'clinic', name: '해맑은의원', number: '31100001', type: '31', phone: '031-555-0101' },
  hospital: { id: 'hospital', name: '한빛종합병원', number: '11100002', type: '11', phone: '031-555-0202' },
  tertiary: { id: 'tertiary', name: '누리대학교병원', number: '01100003', type: '01', phone: '031-555-0303' },
} as const
