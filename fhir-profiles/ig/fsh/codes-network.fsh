CodeSystem: BreakGlassGround
Id: break-glass-ground
Title: "긴급 열람 사유 · Break-glass ground"
Description: "The grounds on which a record may be opened without consent (의료법 제21조의2 제1항 단서). There is no other."
* insert OurCodes
* #unconscious "의식 없음" "the patient is unconscious"
* #emergency "응급환자" "the patient is an emergency patient"
* #no-guardian "보호자 없음" "nobody is there who could consent for the patient"

CodeSystem: TaskCode
Id: task-code
Title: "Tasks of the network"
Description: "What a Task of the network asks somebody to do. A referral is the standard code `fulfill`."
* insert OurCodes
* #recall "회수 통지" "copies are no longer covered by a consent: set them aside and say so"
* #consent-review "동의 검토" "part of a consent cannot be read: a privacy officer looks at it"
* #identity-review "동일인 확인" "a record may belong to a known person: decide"
* #break-glass-review "긴급 열람 검토" "a record was opened without consent: review it"
* #referral-overdue "의뢰 기한 경과" "a referral was not answered in time"
* #undelivered "미전달" "an answer could not be delivered"

CodeSystem: TaskInput
Id: task-input
Title: "Inputs of Tasks"
Description: "What a Task of the network carries."
* insert OurCodes
* #parcel "전달 건" "the id of a delivery"
* #unreadable-element "읽을 수 없는 요소" "an element of a consent and why it cannot be read"
* #identity-candidate "후보자" "somebody the record may belong to, as agreement per field, without values"

CodeSystem: TaskOutput
Id: task-output
Title: "Outputs of Tasks"
Description: "What a Task of the network ends with."
* insert OurCodes
* #report "회신" "the report that answers a referral"

CodeSystem: Gap
Id: gap
Title: "Gaps"
Description: "What could not be brought. People are told of `no-answer` only, which is about the network's health and never about the patient."
* insert OurCodes
* #no-answer "응답 없음" "an institution did not answer"
* #not-held "보유하지 않음" "the institution does not hold this"
* #not-permitted-by-source "원 기관 불허" "the institution does not give this out"
* #unmappable "변환 불가" "the institution wrote something that has no counterpart"
* #truncated "잘림" "there was more than could be brought"
* #dropped-by-law "법령상 제외" "the law forbids to carry it: resident registration numbers"

CodeSystem: AuditEventCode
Id: audit-event
Title: "Events of the access log"
Description: "What happened, where no standard has a code for it. Steps of a referral are written `referral-` and the step."
* insert OurOpenCodes
* #summary "요약 열람" "a patient summary was given"
* #everything "전체 열람" "all records of a person were given"
* #match "환자 조회" "a person was looked for"
* #inclusion-proof "포함 증명" "an entry of this log was proven"
* #feed "기록 수신" "an institution fed records"
* #delivery "전달" "something was sent to an institution"
* #break-glass "긴급 열람" "break-glass was declared"
* #login "로그인" "somebody signed in"
* #logout "로그아웃" "somebody signed out"

CodeSystem: Problem
Id: problem
Title: "Problems"
Description: "Stable names of what an OperationOutcome reports."
* insert OurOpenCodes
* #coverage "범위" "what a search covers"

ValueSet: BreakGlassGrounds
Id: break-glass-ground
Title: "긴급 열람 사유 · Break-glass grounds"
Description: "Every ground the law knows."
* insert Ours
* include codes from system BreakGlassGround

ValueSet: Sensitivities
Id: sensitivity
Title: "민감정보 구분 · Sensitivities"
Description: "What makes a record sensitive in this network, on `meta.security` and in a consent's `securityLabel`."
* insert Ours
* $actCode#PSY
* $actCode#ETHUD
* $actCode#OPIOIDUD
* $actCode#SUD
* $actCode#HIV
* $actCode#STD
* $actCode#SEX
* $actCode#SDV
* $actCode#GDIS

ValueSet: FirstTierInstitutions
Id: tier-1-institution
Title: "1차 의료급여기관 종별 · Institutions of the first tier"
Description: "의원급 of 의료급여. Under 건강보험 everything but a 상급종합병원 is the first step: the tier follows from kind, payer and day."
* insert Ours
* insert FirstTier

ValueSet: SecondTierInstitutions
Id: tier-2-institution
Title: "2차 의료급여기관 종별 · Institutions of the second tier"
Description: "병원급 of 의료급여."
* insert Ours
* insert SecondTier

ValueSet: ThirdTierInstitutions
Id: tier-3-institution
Title: "3차 의료급여기관 종별 · Institutions of the third tier"
Description: "상급종합병원."
* insert Ours
* insert ThirdTier

ValueSet: ReferralInstitutions
Id: referral-institution
Title: "의뢰를 주고받는 요양기관 종별 · Institutions that take part in referrals"
Description: "The three tiers. Pharmacies and herb dealers have none."
* insert Ours
* insert FirstTier
* insert SecondTier
* insert ThirdTier

RuleSet: FirstTier
* $institutionType#31
* $institutionType#51
* $institutionType#61
* $institutionType#71
* $institutionType#72
* $institutionType#73
* $institutionType#74
* $institutionType#75
* $institutionType#93

RuleSet: SecondTier
* $institutionType#11
* $institutionType#21
* $institutionType#28
* $institutionType#29
* $institutionType#41
* $institutionType#91
* $institutionType#92

RuleSet: ThirdTier
* $institutionType#01

ValueSet: ConsentActorRoles
Id: consent-actor-role
Title: "Roles of actors in a consent"
Description: "Who receives (IRCP, PRCP, GRANTEE) and where it comes from (CST, AUT). A provision with any other role cannot be read."
* insert Ours
* $participation#IRCP
* $participation#PRCP
* $participation#CST
* $participation#AUT
* $roleCode#GRANTEE

ValueSet: ProxyKinds
Id: proxy-kind
Title: "Kinds of proxies"
Description: "법정대리인 reads and signs for a child; a person with power of attorney reads and signs; a delegate reads."
* insert Ours
* $roleCode#GUARD
* $roleCode#POWATT
* $roleCode#DELEGATEE

ValueSet: RecordOperations
Id: record-operation
Title: "What was done to a record"
Description: "Made, changed, voided or taken away."
* insert Ours
* $dataOperation#CREATE
* $dataOperation#UPDATE
* $dataOperation#NULLIFY
* $dataOperation#DELETE
