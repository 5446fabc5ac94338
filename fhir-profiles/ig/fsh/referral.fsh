Invariant: care-req-1
Description: "says why: a reason in words or codes, or a condition"
Expression: "reasonCode.exists() or reasonReference.exists()"
Severity: #error

Profile: CareReferralRequest
Parent: ServiceRequest
Id: care-referral-request
Title: "진료의뢰 · Referral request"
Description: "What is asked for. HIRA's reason stands beside the words; who pays travels as a contained Coverage."
* insert Ours
* obeys care-req-1
* intent = #order (exactly)
* subject only Reference($krPatient)
* requester 1..
* authoredOn 1..
* identifier ^slicing.discriminator.type = #pattern
* identifier ^slicing.discriminator.path = "type"
* identifier ^slicing.rules = #open
* identifier contains placer 0..1
* identifier[placer].type = $identifierType#PLAC
* identifier[placer].system 1..
* identifier[placer].value 1..
* reasonCode ^slicing.discriminator.type = #value
* reasonCode ^slicing.discriminator.path = "coding.system"
* reasonCode ^slicing.rules = #open
* reasonCode contains hira 0..*
* reasonCode[hira] from HiraReferralReasons (required)
* reasonCode[hira].coding 1..1
* reasonCode[hira].coding.system = "https://care-network.kr/fhir/CodeSystem/hira-referral-reason" (exactly)

Invariant: care-task-1
Description: "a referral on hold is withheld, and only one on hold is"
Expression: "(status = 'on-hold') = businessStatus.coding.where(code = 'withheld').exists()"
Severity: #error

Invariant: care-task-2
Description: "who rejects, cancels or gives up says why"
Expression: "(status = 'rejected' or status = 'cancelled' or status = 'failed') implies statusReason.exists()"
Severity: #error

Invariant: care-task-3
Description: "a referral is completed with its report"
Expression: "status = 'completed' implies output.value.ofType(Reference).reference.exists()"
Severity: #error

Invariant: care-task-4
Description: "a new referral carries no answer yet"
Expression: "status = 'requested' implies (businessStatus.empty() and statusReason.empty() and output.empty() and executionPeriod.empty())"
Severity: #error

Invariant: care-task-5
Description: "an institution does not refer to itself"
Expression: "requester.reference.empty() or owner.reference.empty() or requester.reference != owner.reference"
Severity: #error

Invariant: care-task-6
Description: "an interim note is given while treatment goes on"
Expression: "businessStatus.coding.where(code = 'interim-note').exists() implies status = 'in-progress'"
Severity: #error

Profile: CareReferralTask
Parent: Task
Id: care-referral-task
Title: "진료의뢰의 진행 · Referral"
Description: "A referral and where it stands. Who may move it from where to where is the table of transitions; what each status carries is held here. Its due time is restriction.period.end."
* insert Ours
* obeys care-task-1 and care-task-2 and care-task-3 and care-task-4 and care-task-5 and care-task-6
* status from ReferralTaskStatuses (required)
* businessStatus from ReferralBusinessStatuses (required)
* intent = #order (exactly)
* code = http://hl7.org/fhir/CodeSystem/task-code#fulfill
* focus 1..
* focus only Reference(CareReferralRequest)
* for 1..
* for only Reference($krPatient)
* authoredOn 1..
* requester 1..
* requester only Reference(Organization)
* owner only Reference(Organization)

Profile: CareRecallTask
Parent: Task
Id: care-recall-task
Title: "회수 통지 · Recall"
Description: "Tells an institution that deliveries it got are no longer covered by a consent. It acknowledges with completed, or rejected and why."
* insert Ours
* intent = #order (exactly)
* code 1..
* code = $taskCode#recall
* focus 1..
* focus only Reference(Consent)
* for 1..
* owner 1..
* owner only Reference(Organization)
* input 1..
* input.type = $taskInput#parcel
* input.value[x] only Identifier

Profile: CareConsentReviewTask
Parent: Task
Id: care-consent-review-task
Title: "동의 검토 · Consent review"
Description: "Part of a consent cannot be read and is enforced as a refusal until a privacy officer has looked at it."
* insert Ours
* intent = #order (exactly)
* code 1..
* code = $taskCode#consent-review
* focus 1..
* focus only Reference(Consent)
* for 1..
* input 1..
* input.type = $taskInput#unreadable-element
* input.value[x] only string
