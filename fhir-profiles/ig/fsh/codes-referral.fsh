CodeSystem: HiraReferralReason
Id: hira-referral-reason
Title: "의뢰사유 · HIRA referral reason"
Description: "Why a patient is referred, as the health insurance review agency (HIRA) numbers it. 01-04 are clinical; N01-N03 are its list of other reasons, marked N because both lists count from 01."
* insert OurCodes
* #01 "진단 의뢰" "for diagnosis"
* #02 "검사 의뢰" "for a test"
* #03 "수술 의뢰" "for surgery"
* #04 "내과적 시술 및 약물치료 의뢰" "for a medical procedure or drug therapy"
* #N01 "환자 수용 불가" "the institution cannot take the patient, for want of staff for instance"
* #N02 "환자 또는 가족의 요청" "asked for by patient or family"
* #N03 "기타" "another reason"

CodeSystem: HiraReferralState
Id: hira-referral-state
Title: "의뢰 상태구분 · HIRA referral state"
Description: "Whether the referring institution could treat the patient itself."
* insert OurCodes
* #01 "현 의료기관에서 치료 요양이 가능한 환자" "could be treated where the patient is"
* #02 "현 의료기관에서 치료 요양이 불가능한 환자" "could not be treated where the patient is"

CodeSystem: HiraReturnType
Id: hira-return-type
Title: "회송유형 · HIRA return type"
Description: "Where a patient is returned to, and from which care."
* insert OurCodes
* #01 "외래 되의뢰" "outpatient, back to the institution that referred"
* #02 "외래 회송" "outpatient, to another institution of the first step"
* #03 "입원 회송" "inpatient, who goes on as an inpatient after the acute phase"

CodeSystem: HiraReturnReason
Id: hira-return-reason
Title: "회송사유 · HIRA return reason"
Description: "Why a patient is returned. 01 and 02 are clinical; N01-N03 are the list of other reasons, marked N because both lists count from 01."
* insert OurCodes
* #01 "수술 후 관리 필요" "needs care after surgery"
* #02 "수술 이외의 치료 후 관리 필요" "needs care after another treatment"
* #N01 "환자 수용 불가" "no bed or staff"
* #N02 "환자 또는 가족의 요청" "asked for by patient or family"
* #N03 "기타" "another reason"

CodeSystem: DocumentKind
Id: document-kind
Title: "진료정보교류 서식 · Document kind"
Description: "The statutory letters between institutions. The national exchange knows them by the templates 1.2.410.100110.40.2.1.1, .2 and .3."
* insert OurCodes
* #referral-note "진료의뢰서" "referral note, template 1.2.410.100110.40.2.1.1"
* #return-note "진료회송서" "note that returns the patient, template 1.2.410.100110.40.2.1.2"
* #reply-note "진료회신서" "note that answers a referral, template 1.2.410.100110.40.2.1.3"

CodeSystem: TierExemption
Id: tier-exemption
Title: "요양급여 단계의 예외 · Tier exemption"
Description: "Grounds on which the tiers of health care do not bind, as a referral claims them. Which of them count depends on the payer and the day."
* insert OurCodes
* #emergency "응급" "an emergency patient"
* #childbirth "분만" "childbirth"
* #dental "치과" "dental care"
* #rehabilitation "재활" "registered disability or rehabilitation"
* #family-medicine "가정의학과" "family medicine"
* #own-staff "근무자" "staff of the institution"
* #haemophilia "혈우병" "haemophilia"
* #rare-disease "희귀·중증난치질환" "a registered rare or severe disease"
* #crisis "위기 상황" "by order of the minister in a crisis"

CodeSystem: BusinessStatus
Id: business-status
Title: "Business status of a referral"
Description: "What the status of a referral Task does not say."
* insert OurCodes
* #withheld "보류" "not delivered for now; no reason is given"
* #interim-note "중간 회신" "treatment goes on, a first answer was given"

CodeSystem: StatusReason
Id: status-reason
Title: "Reasons the network gives for a status"
Description: "What the network itself says when it changes the status of a Task. Institutions give reasons in their own words."
* insert OurCodes
* #not-deliverable "전달 불가" "the receiver's system could not take it"
* #no-longer-due "더 이상 해당 없음" "what was overdue has been answered"

CodeSystem: Clock
Id: clock
Title: "Due times of a referral"
Description: "Which rule set a due time."
* insert OurCodes
* #transmission "전송 기한" "the record is sent within this time"
* #answer "회신 기한" "the receiver answers within this time"

CodeSystem: Event
Id: event
Title: "Message events"
Description: "What a message to $process-message is about."
* insert OurCodes
* #referral-request "진료의뢰" "a referral is sent, changed or taken back"
* #referral-response "회신" "a referral is answered"

ValueSet: HiraReferralReasons
Id: hira-referral-reason
Title: "의뢰사유 · HIRA referral reasons"
Description: "Every reason of HIRA's lists for a referral."
* insert Ours
* include codes from system HiraReferralReason

ValueSet: HiraReturnReasons
Id: hira-return-reason
Title: "회송사유 · HIRA return reasons"
Description: "Every reason of HIRA's lists for a return."
* insert Ours
* include codes from system HiraReturnReason

ValueSet: HiraReturnTypes
Id: hira-return-type
Title: "회송유형 · HIRA return types"
Description: "Every kind of return."
* insert Ours
* include codes from system HiraReturnType

ValueSet: ReturnNoteKinds
Id: return-note-kind
Title: "Kinds of note a referral is answered with"
Description: "회송서 or 회신서."
* insert Ours
* DocumentKind#return-note
* DocumentKind#reply-note

ValueSet: ReferralBusinessStatuses
Id: referral-business-status
Title: "Business statuses of a referral"
Description: "Every business status of the table of transitions."
* insert Ours
* include codes from system BusinessStatus

ValueSet: ReferralTaskStatuses
Id: referral-task-status
Title: "Statuses of a referral"
Description: "The statuses of R4 Task that the table of transitions knows."
* insert Ours
* $requestStatus#requested
* $requestStatus#received
* $requestStatus#accepted
* $requestStatus#rejected
* $requestStatus#in-progress
* $requestStatus#on-hold
* $requestStatus#completed
* $requestStatus#cancelled
* $requestStatus#failed
