/** Every finding: severity, FHIR issue type, and its words in English and Korean. {0} … are names from definitions, never values. */
import type { Severity } from './finding.ts'

export interface Message {
  readonly severity: Severity
  /** http://hl7.org/fhir/R4/valueset-issue-type.html */
  readonly code: string
  readonly en: string
  readonly ko: string
}

type Row = readonly [severity: Severity, code: string, en: string, ko: string]

const rows = {
  // form
  'not-a-resource': ['error', 'structure', 'a resource is a JSON object that names its type in `resourceType`', '리소스는 `resourceType`으로 유형을 밝힌 JSON 객체여야 합니다'],
  'unknown-type': ['error', 'not-supported', 'R4 has no resource type of this name', 'R4에 없는 리소스 유형입니다'],
  'too-deep': ['error', 'too-long', 'more than {0} elements within one another', '요소가 {0}단계보다 깊이 중첩되어 있습니다'],
  'unknown-element': ['error', 'structure', '`{0}` has no element of this name in R4', '`{0}`에는 이런 이름의 요소가 R4에 없습니다'],
  'missing-element': ['error', 'required', '`{0}` is required in `{1}`', '`{1}`에는 `{0}`이(가) 있어야 합니다'],
  'several-choices': ['error', 'structure', '`{0}` has one value, of one type', '`{0}`은(는) 한 가지 유형의 값 하나만 가집니다'],
  'not-an-array': ['error', 'structure', 'this element repeats: it is written as an array', '반복되는 요소이므로 배열로 써야 합니다'],
  'is-an-array': ['error', 'structure', 'this element does not repeat: a `{0}` is written as one object, not an array', '반복되지 않는 요소입니다. `{0}`은(는) 배열이 아니라 객체 하나로 씁니다'],
  'not-an-object': ['error', 'structure', 'a `{0}` is written as an object', '`{0}`은(는) 객체로 써야 합니다'],
  'empty-array': ['error', 'structure', 'an array has at least one item', '배열에는 항목이 하나 이상 있어야 합니다'],
  'empty-value': ['error', 'structure', 'an element that is there has a value or content', '있는 요소에는 값이나 내용이 있어야 합니다'],
  'element-empty': ['error', 'invariant', 'ele-1: an element has a value or children, not an id alone', 'ele-1: 요소에는 id 외에 값이나 하위 요소가 있어야 합니다'],
  'element-id-twice': ['error', 'business-rule', 'another element of the resource has this id', '리소스 안의 다른 요소가 같은 id를 가집니다'],
  'null-value': ['error', 'structure', 'null stands only in an array, for a value that has extensions instead', 'null은 값 대신 확장이 있는 배열 항목에만 쓸 수 있습니다'],
  'wrong-json-kind': ['error', 'structure', 'a `{0}` written as another JSON type', '`{0}`을(를) 다른 JSON 유형으로 썼습니다'],
  'wrong-format': ['error', 'value', 'not in the format of a `{0}`', '`{0}` 형식에 맞지 않습니다'],
  'id-format': ['error', 'value', 'an id has 1 to 64 letters, digits, `-` and `.`', 'id는 영문자, 숫자, `-`, `.`로 1~64자여야 합니다'],
  'uri-without-urn': ['error', 'value', 'write `urn:oid:` or `urn:uuid:`', '`urn:oid:` 또는 `urn:uuid:`로 써야 합니다'],
  'oid-format': ['error', 'value', 'after `urn:oid:` comes no valid OID', '`urn:oid:` 뒤의 OID가 올바르지 않습니다'],
  'uuid-format': ['error', 'value', 'after `urn:uuid:` comes a UUID in lower case', '`urn:uuid:` 뒤에는 소문자 UUID가 와야 합니다'],
  'canonical-relative': ['error', 'value', 'a canonical is an absolute url, or `#` and the id of a contained resource', 'canonical은 절대 URL이거나 포함된 리소스를 가리키는 `#id`여야 합니다'],
  'example-url': ['information', 'value', 'urls at example.org are for examples', 'example.org 주소는 예시에만 씁니다'],
  'html-in-text': ['information', 'value', 'looks like an HTML tag; readers will show it as text', 'HTML 태그로 보입니다. 화면에는 글자 그대로 표시됩니다'],
  'attachment-size': ['error', 'structure', 'the stated size is not the size of the data', '적힌 크기가 데이터의 실제 크기와 다릅니다'],
  // profiles
  'too-few': ['error', 'required', '`{0}`: at least {1} (profile {2})', '`{0}`: {1}개 이상 있어야 합니다 (프로파일 {2})'],
  'too-many': ['error', 'structure', '`{0}`: at most {1} (profile {2})', '`{0}`: {1}개까지만 허용됩니다 (프로파일 {2})'],
  'not-allowed': ['error', 'structure', '`{0}` is not allowed here (profile {2})', '`{0}`은(는) 여기에 쓸 수 없습니다 (프로파일 {2})'],
  'type-not-allowed': ['error', 'structure', 'the profile allows {0} here ({1})', '프로파일이 여기에 허용하는 유형: {0} ({1})'],
  'no-profile-met': ['error', 'structure', 'meets none of the profiles: {0}', '다음 프로파일 중 어느 것도 충족하지 않습니다: {0}'],
  'not-the-fixed-value': ['error', 'value', 'is not the value the profile fixes ({0})', '프로파일이 고정한 값이 아닙니다 ({0})'],
  'pattern-not-met': ['error', 'value', 'lacks what the profile requires as a pattern ({0})', '프로파일이 요구하는 패턴을 갖추지 않았습니다 ({0})'],
  'value-required': ['error', 'required', 'the value may not be absent, or only with the extension the profile names ({0})', '값이 있어야 하며, 없으려면 프로파일이 정한 확장이 있어야 합니다 ({0})'],
  'too-long': ['error', 'value', 'longer than {0} characters', '{0}자보다 깁니다'],
  'below-minimum': ['error', 'value', 'less than the least value allowed', '허용된 최솟값보다 작습니다'],
  'above-maximum': ['error', 'value', 'more than the greatest value allowed', '허용된 최댓값보다 큽니다'],
  'several-slices': ['error', 'structure', 'fits several slices: {0} ({1})', '여러 슬라이스에 해당합니다: {0} ({1})'],
  'in-no-slice': ['error', 'structure', 'fits no slice, and the profile allows no others ({0})', '해당하는 슬라이스가 없고, 프로파일은 그 밖의 항목을 허용하지 않습니다 ({0})'],
  'slices-not-first': ['error', 'structure', 'items outside the slices come last ({0})', '슬라이스에 속하지 않는 항목은 맨 뒤에 와야 합니다 ({0})'],
  'slices-out-of-order': ['error', 'structure', 'slices come in the order of the profile ({0})', '슬라이스는 프로파일의 순서대로 와야 합니다 ({0})'],
  'profile-unknown': ['error', 'structure', 'the profile {0} is not loaded', '프로파일 {0}을(를) 불러오지 않았습니다'],
  'profile-not-loaded': ['warning', 'not-found', 'this profile is not loaded, so it was not checked', '이 프로파일을 불러오지 않아 확인하지 못했습니다'],
  'profile-without-base': ['warning', 'incomplete', 'the base of profile {0} is not loaded, so it was not checked', '프로파일 {0}의 기반 정의가 없어 확인하지 못했습니다'],
  'profile-of-another-type': ['error', 'structure', 'profile {0} is about {1}', '프로파일 {0}은(는) {1}에 대한 것입니다'],
  obligation: ['information', 'informational', 'obligations: {0}', '의무 사항: {0}'],
  'differential-path': ['error', 'structure', 'the differential names a path its base does not have: {0}', 'differential에 기반 정의에 없는 경로가 있습니다: {0}'],
  // invariants
  invariant: ['error', 'invariant', '{0}: {1}', '규칙 {0} 위반: {1}'],
  'invariant-not-evaluated': ['information', 'incomplete', '{0} could not be evaluated: {1}', '규칙 {0}을(를) 평가하지 못했습니다: {1}'],
  // codes
  'code-not-in-value-set': ['error', 'code-invalid', 'no code of the required value set {0}', '필수 값 집합 {0}의 코드가 아닙니다'],
  'code-missing': ['error', 'code-invalid', 'a code of value set {0} is required', '값 집합 {0}의 코드가 필요합니다'],
  'code-not-in-extensible': ['warning', 'code-invalid', 'no code of {0}; use one of its codes where one fits', '{0}의 코드가 아닙니다. 맞는 코드가 있으면 그것을 써야 합니다'],
  'code-not-checked': ['information', 'not-found', 'value set {0} is not at hand, so the code was not checked', '값 집합 {0}이(가) 없어 코드를 확인하지 못했습니다'],
  'code-unknown': ['error', 'code-invalid', 'the code system {0} has no such code', '코드 체계 {0}에 없는 코드입니다'],
  'display-differs': ['warning', 'invalid', 'the display is none that {0} gives this code', '{0}이(가) 이 코드에 정한 표시 이름이 아닙니다'],
  // references
  'reference-format': ['error', 'value', 'a reference is `Type/id`, `#id`, an absolute URL or a `urn:`', '참조는 `Type/id`, `#id`, 절대 URL 또는 `urn:`이어야 합니다'],
  'reference-to-no-type': ['error', 'value', 'R4 has no resource type of this name', '참조한 리소스 유형이 R4에 없습니다'],
  'reference-not-contained': ['error', 'value', 'no contained resource has this id', '이 id를 가진 포함된 리소스가 없습니다'],
  'reference-type-differs': ['error', 'value', 'what is referred to is of another type than `type` says', '참조 대상의 유형이 `type`과 다릅니다'],
  'reference-to-unknown-type': ['information', 'value', 'the url looks like a FHIR server, but R4 has no resource type of this name', 'FHIR 서버 주소로 보이지만 R4에 없는 리소스 유형입니다'],
  'reference-target': ['error', 'structure', 'this element refers to {0} only', '이 요소는 {0}만 참조할 수 있습니다'],
  'reference-profile': ['error', 'structure', 'what is referred to meets none of the profiles: {0}', '참조 대상이 다음 프로파일을 충족하지 않습니다: {0}'],
  'reference-aggregation': ['error', 'structure', 'the profile wants what is referred to {0}', '프로파일이 요구하는 참조 대상의 위치: {0}'],
  'contained-unreferenced': ['warning', 'invariant', 'dom-3: nothing refers to this contained resource', 'dom-3: 이 포함된 리소스를 참조하는 곳이 없습니다'],
  'contained-without-id': ['error', 'structure', 'a contained resource has an id', '포함된 리소스에는 id가 있어야 합니다'],
  // extensions
  'extension-value': ['error', 'invariant', 'ext-1: an extension has either a value or extensions', 'ext-1: 확장에는 값이나 하위 확장 중 하나만 있어야 합니다'],
  'extension-unknown': ['warning', 'extension', 'no loaded definition describes this extension', '이 확장의 정의를 불러오지 않았습니다'],
  'extension-url-relative': ['error', 'value', 'the url of an extension is absolute', '확장의 url은 절대 URL이어야 합니다'],
  'extension-url-version': ['error', 'value', 'the url of an extension has no version', '확장의 url에는 버전을 쓰지 않습니다'],
  'extension-of-another-type': ['error', 'structure', 'what this url defines is no extension', '이 url이 정의하는 것은 확장이 아닙니다'],
  'extension-must-modify': ['error', 'extension', '{0} changes meaning: it stands in `modifierExtension`', '{0}은(는) 의미를 바꾸므로 `modifierExtension`에 써야 합니다'],
  'extension-must-not-modify': ['error', 'extension', '{0} changes no meaning: it stands in `extension`', '{0}은(는) 의미를 바꾸지 않으므로 `extension`에 써야 합니다'],
  'extension-context': ['error', 'extension', '{0} stands only at: {1}', '{0}을(를) 쓸 수 있는 곳: {1}'],
  // narrative
  'narrative-not-xml': ['error', 'invalid', 'the narrative is not well-formed XML', '서술문이 올바른 XML이 아닙니다'],
  'narrative-entity': ['error', 'invalid', 'the narrative has an entity XML does not define; write the character itself', '서술문에 XML이 정의하지 않은 엔티티가 있습니다. 문자를 그대로 쓰십시오'],
  'narrative-root': ['error', 'invalid', 'a narrative is one `div` of XHTML', '서술문은 XHTML `div` 하나여야 합니다'],
  'narrative-element': ['error', 'invariant', 'txt-1: the narrative has an element that is not allowed', 'txt-1: 서술문에 허용되지 않는 요소가 있습니다'],
  'narrative-attribute': ['error', 'invariant', 'txt-1: the narrative has an attribute that is not allowed', 'txt-1: 서술문에 허용되지 않는 속성이 있습니다'],
  'narrative-empty': ['error', 'invariant', 'txt-2: the narrative has nothing to read', 'txt-2: 서술문에 읽을 내용이 없습니다'],
  'narrative-link': ['error', 'invalid', 'a link of the narrative leads to no place in it', '서술문의 링크가 가리키는 곳이 없습니다'],
  'narrative-link-scheme': ['error', 'invalid', 'a link of the narrative is none that can be followed', '서술문의 링크를 따라갈 수 없습니다'],
  'narrative-source': ['error', 'business-rule', 'the profile wants each part of the narrative marked by its source', '프로파일은 서술문의 각 부분에 출처 표시를 요구합니다'],
  'narrative-language': ['error', 'business-rule', 'the profile decides which languages the narrative has sections for', '서술문의 언어별 구역이 프로파일과 맞지 않습니다'],
  // bundles
  'bundle-link-twice': ['error', 'invalid', 'a relation is linked once', '같은 관계의 링크는 하나만 있어야 합니다'],
  'bundle-stylesheet': ['error', 'not-found', 'the stylesheet is not in the bundle', '스타일시트가 번들에 없습니다'],
  'bundle-without-full-url': ['error', 'required', 'an entry of a document or message has a fullUrl', '문서나 메시지의 항목에는 fullUrl이 있어야 합니다'],
  'bundle-full-url-relative': ['error', 'value', 'a fullUrl is absolute', 'fullUrl은 절대 URL이어야 합니다'],
  'bundle-full-url-without-id': ['error', 'invalid', 'the fullUrl names an id, the resource has none', 'fullUrl에는 id가 있는데 리소스에는 id가 없습니다'],
  'bundle-full-url-differs': ['error', 'invalid', 'the fullUrl ends with the type and id of the resource', 'fullUrl은 리소스의 유형과 id로 끝나야 합니다'],
  'bundle-id-twice': ['error', 'duplicate', 'two entries have one type and id', '유형과 id가 같은 항목이 둘 있습니다'],
  'bundle-reference': ['error', 'not-found', 'what is referred to here has to be in the bundle', '여기서 참조한 것은 번들 안에 있어야 합니다'],
  'bundle-not-reached': ['error', 'informational', 'no link leads from the Composition to this entry, or back', 'Composition에서 이 항목으로 이어지는 링크가 없습니다'],
  'bundle-found-nothing': ['error', 'required', 'an entry of a search result has a resource', '검색 결과의 항목에는 리소스가 있어야 합니다'],
  'bundle-found-without-id': ['error', 'required', 'what a search found has an id', '검색으로 찾은 리소스에는 id가 있어야 합니다'],
  'bundle-outcome-mode': ['error', 'invalid', 'an OperationOutcome, and nothing else, has the search mode `outcome`', '검색 방식 `outcome`은 OperationOutcome에만 씁니다'],
  // questionnaires
  'questionnaire-unknown': ['warning', 'not-found', 'the Questionnaire is not at hand, so the answers were not checked against it', 'Questionnaire가 없어 답변을 확인하지 못했습니다'],
  'enable-when-unknown': ['error', 'business-rule', 'enableWhen names no question of this questionnaire', 'enableWhen이 가리키는 질문이 설문지에 없습니다'],
  'enable-when-inner': ['error', 'business-rule', 'enableWhen names the question itself or one below it', 'enableWhen은 자기 자신이나 하위 질문을 가리킬 수 없습니다'],
  'measure-group': ['error', 'business-rule', 'a {0} of a report has the code of one of the measure, once', '보고서의 {0}은(는) 측정 정의의 것 하나와 코드가 맞아야 합니다'],
  'measure-subjects': ['error', 'business-rule', 'only a report of type `subject-list` lists subjects', '`subject-list` 유형의 보고서만 대상자를 나열합니다'],
  'fixed-differs-from-base': ['error', 'value', 'fixes another value than its base: {0}', '기반 정의와 다른 값을 고정합니다: {0}'],
  'item-unknown': ['error', 'not-found', 'the questionnaire has no item of this linkId', '설문지에 이 linkId의 문항이 없습니다'],
  'item-misplaced': ['error', 'structure', 'the questionnaire asks this elsewhere', '설문지에서 이 문항은 다른 곳에 있습니다'],
  'items-out-of-order': ['error', 'structure', 'items come in the order of the questionnaire', '문항은 설문지의 순서대로 와야 합니다'],
  'items-below-question': ['error', 'structure', 'items of a question stand below its answers', '질문의 하위 문항은 답변 아래에 있어야 합니다'],
  'item-twice': ['error', 'invalid', 'one item of this linkId; several answers stand within it', '이 linkId의 문항은 하나여야 하며 여러 답변은 그 안에 씁니다'],
  'item-not-enabled': ['error', 'invalid', 'answered although it is not enabled', '활성화되지 않은 문항에 답변이 있습니다'],
  'answer-missing': ['error', 'required', 'a required item has no answer', '필수 문항에 답변이 없습니다'],
  'answer-not-asked': ['error', 'structure', 'items of this type have no answer', '이 유형의 문항에는 답변을 쓰지 않습니다'],
  'answer-type': ['error', 'value', 'the answer is of type {0}', '답변의 유형은 {0}이어야 합니다'],
  'answer-not-an-option': ['error', 'code-invalid', 'the answer is none of the options', '답변이 선택지에 없습니다'],
  'answer-exclusive': ['error', 'invariant', 'this option excludes all others', '이 선택지는 다른 것과 함께 고를 수 없습니다'],
  'answers-too-few': ['error', 'invalid', 'fewer answers than asked for', '답변 수가 요구보다 적습니다'],
  'answers-too-many': ['error', 'invalid', 'more answers than allowed', '답변 수가 허용보다 많습니다'],
  'answer-too-short': ['error', 'value', 'shorter than the least length asked for', '답변이 최소 길이보다 짧습니다'],
  'answer-too-long': ['error', 'value', 'longer than the greatest length allowed', '답변이 최대 길이보다 깁니다'],
  'answer-out-of-range': ['error', 'value', 'outside the range asked for', '답변이 허용 범위를 벗어났습니다'],
  'answer-incomparable': ['error', 'value', 'the quantity cannot be compared with the range asked for: no coded unit, or another', '코드화된 단위가 없거나 달라서 허용 범위와 비교할 수 없습니다'],
  'answer-decimal-places': ['error', 'value', 'more decimal places than allowed', '소수 자릿수가 허용보다 많습니다'],
  'answer-unit': ['error', 'value', 'a unit that is none of those offered', '제시된 단위가 아닙니다'],
  'attachment-too-large': ['error', 'too-long', 'the attachment is larger than allowed', '첨부 파일이 허용보다 큽니다'],
  'attachment-type': ['error', 'value', 'the attachment is of a type not asked for', '첨부 파일의 형식이 요구와 다릅니다'],
  experimental: ['information', 'business-rule', 'marked experimental', '실험용으로 표시되어 있습니다'],
} as const satisfies Readonly<Record<string, Row>>

export type FindingId = keyof typeof rows

const named = ([severity, code, en, ko]: Row): Message => ({ severity, code, en, ko })

// the keys of the table are the ids
export const messages = Object.fromEntries(Object.entries(rows).map(([id, row]) => [id, named(row)])) as unknown as Readonly<Record<FindingId, Message>>
