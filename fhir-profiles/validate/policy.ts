/** What is decided where the standard leaves it open: leniently, and as KR Core asks. */
import type { Policy } from './judge.ts'

/** Lenient where the standard leaves it open; a network tightens what it has agreed on. */
export const openPolicy: Policy = {
  unknownExtension: 'warning',
  unknownCode: 'warning',
  extensible: 'warning',
  unknownProfile: 'warning',
  exampleUrl: 'information',
  htmlInMarkdown: 'information',
  htmlInString: 'information',
  unreferencedContained: 'warning',
  experimental: 'information',
  restfulReference: 'information',
  nationalOid: 'error',
  display: 'warning',
  judgesContained: true,
  bestPractice: 'information',
  tellsObligations: false,
}

/** KR Core: a code that a known system does not have SHOULD be rejected. Spec: http://www.hl7korea.or.kr/fhir/krcore (coded data) */
export const krCorePolicy: Policy = { ...openPolicy, unknownCode: 'error', nationalOid: 'warning', tellsObligations: true }
