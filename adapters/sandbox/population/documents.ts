/** Letters and readings that belong to a long illness: one at the beginning, one a year. Short, as such texts are. */
import type { Document } from './care.ts'
import type { ChronicName } from './conditions.ts'

export const yearly: Partial<Readonly<Record<ChronicName, Document>>> = {
  fibrillation: {
    kind: 'imaging',
    title: '심장초음파 판독',
    text: '좌심실 박출률 58%.\n좌심방 경도 확장(44 mm). 판막 이상 없음.\n결론: 좌심방 확장을 동반한 심방세동.',
  },
  heartFailure: {
    kind: 'imaging',
    title: '심장초음파 판독',
    text: '좌심실 박출률 38%, 전반적 벽운동 저하.\n승모판 경도 역류.\n결론: 박출률 감소 심부전.',
  },
  angina: { kind: 'imaging', title: '심장초음파 판독', text: '좌심실 박출률 60%. 국소 벽운동 장애 없음.\n결론: 정상 좌심실 수축 기능.' },
  stroke: {
    kind: 'imaging',
    title: '뇌 MRI 판독',
    text: '좌측 기저핵에 오래된 열공성 경색이 보임.\n급성 확산 제한 없음.\n결론: 진구성 열공 경색.',
  },
  dementia: {
    kind: 'imaging',
    title: '뇌 MRI 판독',
    text: '양측 해마 위축(내측두엽 위축 척도 3).\n백질 고신호 강도 경도.\n결론: 알츠하이머병에 합당한 위축.',
  },
  copd: {
    kind: 'imaging',
    title: '흉부 X선 촬영 판독',
    text: '양측 폐 과팽창, 횡격막 편평화.\n활동성 병변 없음.\n결론: 만성 폐쇄성 폐질환에 합당한 소견.',
  },
  hepatitisB: {
    kind: 'imaging',
    title: '복부 초음파 판독',
    text: '간 실질 에코 경도로 거침. 국소 병변 없음.\n비장 크기 정상, 복수 없음.\n결론: 만성 간질환, 간내 종괴 없음.',
  },
  kneeArthrosis: {
    kind: 'imaging',
    title: '무릎 X선 촬영 판독',
    text: '내측 관절 간격 협소와 골극 형성.\n켈그렌-로렌스 3단계.\n결론: 무릎 골관절염.',
  },
  backPain: {
    kind: 'imaging',
    title: '요추 X선 촬영 판독',
    text: '제4-5요추간 간격 협소, 경도의 퇴행성 변화.\n압박 골절 없음.\n결론: 퇴행성 추간판 변화.',
  },
  breastCancer: {
    kind: 'imaging',
    title: '유방 초음파 판독',
    text: '수술 부위 국소 재발 소견 없음.\n액와 림프절 비대 없음.\n결론: BI-RADS 2.',
  },
  colonCancer: {
    kind: 'imaging',
    title: '복부 CT 판독',
    text: '문합부 국소 재발 없음. 간 전이 없음.\n유의한 림프절 비대 없음.\n결론: 재발 소견 없음.',
  },
  lungCancer: {
    kind: 'imaging',
    title: '흉부 CT 판독',
    text: '좌상엽 결절 18 mm, 이전 26 mm에서 감소.\n새로운 병변 없음.\n결론: 부분 반응.',
  },
  thyroidCancer: {
    kind: 'imaging',
    title: '갑상선 초음파 판독',
    text: '갑상선 전절제 후 상태.\n수술 부위와 경부 림프절에 재발 소견 없음.\n결론: 재발 소견 없음.',
  },
  rheumatoid: {
    kind: 'imaging',
    title: '양손 X선 촬영 판독',
    text: '중수지관절 주위 골감소.\n뚜렷한 골미란 없음.\n결론: 초기 류마티스관절염에 합당한 소견.',
  },
  pregnancy: {
    kind: 'imaging',
    title: '산과 초음파 판독',
    text: '단태아, 심박동 정상.\n태아 계측치는 임신 주수에 합당함. 양수량 정상.\n결론: 정상 임신 소견.',
  },
  depression: {
    kind: 'consult',
    title: '정신건강의학과 경과 기록',
    text: '우울감과 불면은 처음보다 호전됨.\n자해 사고 없음. 가벼운 산책 등 일상 활동이 늘어남.\n계획: 현재 약물 유지, 4주 뒤 재진.',
  },
  bipolar: {
    kind: 'consult',
    title: '정신건강의학과 경과 기록',
    text: '기분 안정 상태 유지. 수면 하루 7시간.\n손떨림 등 약물 부작용 없음.\n계획: 리튬 농도 정기 확인.',
  },
  huntington: {
    kind: 'consult',
    title: '신경과 경과 기록',
    text: '사지의 무도성 움직임은 경도. 보행은 독립적임.\n가족의 유전 상담을 안내함.\n계획: 3개월 뒤 재진.',
  },
  hiv: {
    kind: 'consult',
    title: '감염내과 경과 기록',
    text: '복약 순응도 양호. 기회감염 증상 없음.\n계획: 현재 약물 유지, 3개월 뒤 재진.',
  },
  hivCarrier: {
    kind: 'consult',
    title: '감염내과 경과 기록',
    text: '무증상. 바이러스 억제 상태 유지.\n계획: 현재 약물 유지, 3개월 뒤 재진.',
  },
  hivPneumocystis: {
    kind: 'consult',
    title: '감염내과 경과 기록',
    text: '폐포자충폐렴 치료 종료, 호흡곤란 호전됨.\n예방 약물을 유지함.\n계획: CD4가 200을 넘고 3개월 유지되면 예방 약물 중단.',
  },
}

/** what is written when the illness is found, instead of the yearly letter */
export const first: Partial<Readonly<Record<ChronicName, Document>>> = {
  lungCancer: {
    kind: 'pathology',
    title: '병리 판독',
    text: '좌상엽, 경피적 침생검.\n선암종.\nEGFR 엑손 19 결손 검출됨.',
  },
}

/** gene and finding of the genetic test, and the letter that goes with it */
export const genes: Partial<Readonly<Record<ChronicName, { readonly gene: string; readonly finding: string; readonly text: string }>>> = {
  familialCholesterol: {
    gene: 'LDLR',
    finding: '검출됨',
    text: 'LDLR 유전자에서 병원성 변이가 이형접합으로 검출됨.\n가족성 고콜레스테롤혈증에 합당함. 직계 가족의 검사를 권함.',
  },
  huntington: { gene: 'HTT', finding: '검출됨', text: 'HTT 유전자 CAG 반복 수 43회 (정상 26회 이하).\n헌팅톤병 완전 침투 범위.' },
  breastFamily: {
    gene: 'BRCA1',
    finding: '검출되지 않음',
    text: 'BRCA1, BRCA2 유전자에서 병원성 변이가 검출되지 않음.\n가족력에 따른 정기 검진을 권함.',
  },
  lungCancer: {
    gene: 'EGFR',
    finding: '검출됨',
    text: '종양 조직에서 EGFR 엑손 19 결손이 검출됨 (체세포 변이).\nEGFR 표적 치료의 대상임.',
  },
  breastCancer: { gene: 'BRCA2', finding: '검출되지 않음', text: 'BRCA1, BRCA2 유전자에서 병원성 생식세포 변이가 검출되지 않음.' },
}
