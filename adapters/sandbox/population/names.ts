/** Korean names as a parish register would hold them: family names by their share of the population, given names by sex and generation. */
import type { Random } from './random.ts'

/** per mille of the population, rounded (census of 2015); the rest of the families share what is left */
// oxfmt-ignore
const families: readonly (readonly [string, number])[] = [
  ['김', 215], ['이', 147], ['박', 84], ['최', 47], ['정', 43], ['강', 24], ['조', 21], ['윤', 21], ['장', 20], ['임', 17],
  ['한', 15], ['오', 15], ['서', 15], ['신', 15], ['권', 14], ['황', 14], ['안', 14], ['송', 14], ['전', 11], ['홍', 11],
  ['유', 13], ['고', 10], ['문', 9], ['양', 9], ['손', 9], ['배', 8], ['백', 8], ['허', 7], ['남', 5], ['심', 5],
  ['노', 5], ['하', 5], ['곽', 4], ['성', 4], ['차', 4], ['주', 4], ['우', 4], ['구', 4], ['민', 3], ['류', 3],
  ['나', 3], ['진', 3], ['지', 3], ['엄', 3], ['채', 3], ['원', 3], ['천', 2], ['방', 2], ['공', 2], ['현', 2],
]

type Sex = 'male' | 'female'

/** from the year of birth on */
// oxfmt-ignore
const given: readonly { readonly from: number; readonly male: readonly string[]; readonly female: readonly string[] }[] = [
  {
    from: 1930,
    male: ['영수', '영호', '정웅', '영식', '광수', '종수', '상철', '병호', '기태', '재복', '용만', '춘식', '덕수', '만호', '명길', '두식'],
    female: ['영자', '순자', '정자', '춘자', '옥순', '복순', '말순', '금례', '분이', '정순', '영순', '옥자', '순례', '명자', '끝순', '점례'],
  },
  {
    from: 1950,
    male: ['영철', '정호', '성수', '영길', '상호', '병철', '종철', '광호', '진호', '명수', '동수', '창호', '경수', '태식', '재호', '용철', '기호', '석구'],
    female: ['미자', '영희', '정숙', '경자', '명숙', '현숙', '순옥', '영숙', '정희', '경숙', '미숙', '혜숙', '옥희', '금숙', '선자', '말자', '은숙', '춘희'],
  },
  {
    from: 1965,
    male: ['성호', '영진', '상훈', '정훈', '동현', '재영', '승호', '진수', '성진', '병훈', '태호', '경호', '종훈', '용준', '기범', '창민', '현수', '우석'],
    female: ['미경', '은주', '은경', '미영', '지영', '현정', '선영', '혜경', '수경', '정은', '은정', '윤정', '희정', '소영', '명희', '경희', '혜진', '주연'],
  },
  {
    from: 1980,
    male: ['지훈', '성민', '현우', '준호', '상현', '민수', '정우', '동욱', '성훈', '재현', '진우', '승현', '태윤', '영훈', '종현', '기훈', '석진', '건우'],
    female: ['지은', '혜진', '수진', '민정', '지현', '유진', '보람', '아름', '은지', '다혜', '현주', '수연', '소연', '지혜', '선미', '예진', '나래', '슬기'],
  },
  {
    from: 1995,
    male: ['민재', '동현', '현준', '승민', '준혁', '도영', '성현', '우진', '민석', '재민', '태현', '찬영', '규민', '영민', '시윤', '한결', '지환', '윤호'],
    female: ['수빈', '예지', '유진', '민지', '채원', '지원', '서영', '다은', '하은', '예은', '수민', '지민', '가은', '소희', '나연', '혜원', '세은', '윤서'],
  },
  {
    from: 2008,
    male: ['도윤', '서준', '하준', '주원', '예준', '시우', '지호', '건우', '우진', '선우', '유준', '연우', '은우', '정우', '승우', '이안', '로운', '태오', '지한', '윤우', '하온', '준우'],
    female: ['서윤', '지우', '하은', '서현', '하윤', '민서', '지유', '수아', '지아', '채원', '다은', '예린', '아윤', '시아', '나은', '유나', '이서', '라온', '소율', '리안', '다인', '해인'],
  },
]

export function familyName(random: Random): string {
  return random.weighted(families)
}

/** Parents follow fashion: the list of the generation, sometimes the one before. */
export function givenName(random: Random, sex: Sex, birthYear: number): string {
  const at = given.findLastIndex(({ from }) => from <= birthYear - (random.chance(0.1) ? 8 : 0))
  return random.pick((given[Math.max(0, at)] ?? { [sex]: [] })[sex] ?? [])
}
