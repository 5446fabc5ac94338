Extension: DocumentRecipient
Id: document-recipient
Title: "수신 기관 · Recipient of a letter"
Description: "The institution a letter is for, by its 요양기관기호."
Context: Composition
* insert Ours
* value[x] 1..1
* value[x] only Reference(Organization or PractitionerRole)

Extension: ReturnType
Id: return-type
Title: "회송유형 · Return type"
Description: "Where the patient is returned to."
Context: Composition
* insert Ours
* value[x] 1..1
* value[x] only CodeableConcept
* value[x] from HiraReturnTypes (required)

Extension: ReturnReason
Id: return-reason
Title: "회송사유 · Return reason"
Description: "Why the patient is returned."
Context: Composition
* insert Ours
* value[x] 1..1
* value[x] only CodeableConcept
* value[x] from HiraReturnReasons (required)

Extension: NoAnswer
Id: no-answer
Title: "응답하지 않은 기관 · Institution that did not answer"
Description: "On the section of a summary that names institutions which did not answer. It is about the network's health, never about the patient."
Context: Composition.section
* insert Ours
* value[x] 1..1
* value[x] only Identifier

RuleSet: Sections
* section ^slicing.discriminator.type = #pattern
* section ^slicing.discriminator.path = "code"
* section ^slicing.rules = #open

RuleSet: Letter
* insert Sections
* identifier 1..
* subject 1..
* subject only Reference($krPatient)
* custodian 1..
* extension contains DocumentRecipient named recipient 1..1
* section contains diagnoses 1..1 and medications 0..1 and results 0..1 and plan 0..1
* section[diagnoses].code 1..
* section[diagnoses].code = $loinc#29548-5
* section[diagnoses].entry 1..
* section[medications].code 1..
* section[medications].code = $loinc#10160-0
* section[results].code 1..
* section[results].code = $loinc#30954-2
* section[plan].code 1..
* section[plan].code = $loinc#18776-5

Profile: CareReferralNote
Parent: Composition
Id: care-referral-note
Title: "진료의뢰서 · Referral note"
Description: "The letter that goes with a referral, as a document of its own: reason, diagnoses, and what else the receiver needs."
* insert Ours
* insert Letter
* type = $loinc#57133-1
* section contains reason 1..1
* section[reason].code 1..
* section[reason].code = $loinc#42349-1
* section[reason].text 1..

Invariant: care-ret-1
Description: "a 회송서 says where to and why"
Expression: "category.coding.where(code = 'return-note').exists() implies (extension.where(url = 'https://care-network.kr/fhir/StructureDefinition/return-type').exists() and extension.where(url = 'https://care-network.kr/fhir/StructureDefinition/return-reason').exists())"
Severity: #error

Profile: CareReturnNote
Parent: Composition
Id: care-return-note
Title: "진료회송서, 진료회신서 · Return note and reply note"
Description: "The letter a referral is answered with. A 회송서 returns the patient and says where to and why; a 회신서 only answers."
* insert Ours
* insert Letter
* obeys care-ret-1
* extension contains ReturnType named returnType 0..1 and ReturnReason named returnReason 0..*
* type = $loinc#11488-4
* category 1..1
* category from ReturnNoteKinds (required)
* event 1..1
* event.detail 1..
* section contains course 1..1
* section[course].code 1..
* section[course].code = $loinc#51848-0
* section[course].text 1..

RuleSet: Document(composition)
// identifier, timestamp, fullUrl and the place of the Composition are R4's own rules for documents
* type = #document (exactly)
* entry ^slicing.discriminator.type = #type
* entry ^slicing.discriminator.path = "resource"
* entry ^slicing.rules = #open
* entry contains composition 1..1 and patient 1..1
* entry[composition].resource 1..
* entry[composition].resource only {composition}
* entry[patient].resource 1..
* entry[patient].resource only CarePatient

Profile: CareReferralNoteDocument
Parent: Bundle
Id: care-referral-note-document
Title: "진료의뢰서 문서 · Referral note document"
Description: "A 진료의뢰서 with everything it refers to."
* insert Ours
* insert Document(CareReferralNote)

Profile: CareReturnNoteDocument
Parent: Bundle
Id: care-return-note-document
Title: "진료회송서, 진료회신서 문서 · Return note document"
Description: "A 회송서 or 회신서 with everything it refers to."
* insert Ours
* insert Document(CareReturnNote)

Invariant: care-sum-1
Description: "a section lists records or says that there is nothing to show"
Expression: "entry.exists() or emptyReason.exists()"
Severity: #error

Profile: CareSummaryComposition
Parent: Composition
Id: care-summary-composition
Title: "환자 요약의 차례 · Composition of a patient summary"
Description: "The IPS 2.0 Composition as the network writes it. An empty section says `unavailable` always: nothing there and not shown to you look alike."
* insert Ours
* insert Sections
* text 1..
* type = $loinc#60591-5
* subject 1..
* subject only Reference($krPatient)
* custodian 1..
* section obeys care-sum-1
* section.code 1..
* section.text 1..
* section.emptyReason = $listEmptyReason#unavailable
* section contains problems 1..1 and allergies 1..1 and medications 1..1 and unanswered 1..1
* section[problems].code = $loinc#11450-4
* section[allergies].code = $loinc#48765-2
* section[medications].code = $loinc#10160-0
* section[unanswered].code = $gap#no-answer
* section[unanswered].extension contains NoAnswer named institution 0..*
* section[unanswered].entry ..0

Profile: CareSummary
Parent: Bundle
Id: care-summary
Title: "환자 요약 · Patient summary"
Description: "An International Patient Summary (IPS 2.0) merged from every institution that may be shown, made of released records only; its patient is a KR Core patient."
* insert Ours
* insert Document(CareSummaryComposition)
