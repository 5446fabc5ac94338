Extension: ConsentReplaces
Id: consent-replaces
Title: "Consent it takes the place of"
Description: "The consent named becomes inactive in the same moment; one repeat for each."
Context: Consent
* insert Ours
* value[x] 1..1
* value[x] only Reference(Consent)

Extension: ConsentTransmissionCycle
Id: consent-transmission-cycle
Title: "전송 주기 · How often it is sent"
Description: "Once, or how often: the cycle a transmission request names (개인정보 보호법 시행령 제42조의5 제3항)."
Context: Consent
* insert Ours
* value[x] 1..1
* value[x] only Timing or string

Extension: ConsentRetention
Id: consent-retention
Title: "보유기간 · Retention"
Description: "How long the receiver keeps what it is sent (개인정보 보호법 시행령 제42조의5 제3항)."
Context: Consent
* insert Ours
* value[x] 1..1
* value[x] only Duration or Period

Invariant: care-con-1
Description: "a consent that is in force, or may come in force, has a provision"
Expression: "(status = 'draft' or status = 'proposed' or status = 'active') implies provision.exists()"
Severity: #error

Invariant: care-con-2
Description: "every provision says permit or deny, at every depth"
Expression: "repeat(provision).all(type.exists())"
Severity: #error

Invariant: care-con-3
Description: "actors at every depth are receivers or sources"
Expression: "repeat(provision).actor.role.all(coding.where((system = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType' and (code = 'IRCP' or code = 'PRCP' or code = 'CST' or code = 'AUT')) or (system = 'http://terminology.hl7.org/CodeSystem/v3-RoleCode' and code = 'GRANTEE')).exists())"
Severity: #error

Invariant: care-con-4
Description: "every actor is named, by a reference or by an identifier"
Expression: "repeat(provision).actor.reference.all(reference.exists() or identifier.value.exists())"
Severity: #error

Profile: CareConsent
Parent: Consent
Id: care-consent
Title: "동의 · Consent"
Description: "What a consent needs so that it can be enforced on every record: whose records it governs, a base decision, and actors that the directory knows."
* insert Ours
* obeys care-con-1 and care-con-2 and care-con-3 and care-con-4
* extension contains ConsentReplaces named replaces 0..*
* scope = $consentScope#patient-privacy
* category ^slicing.discriminator.type = #pattern
* category ^slicing.discriminator.path = "$this"
* category ^slicing.rules = #open
* category contains privacy 1..1
* category[privacy] = $loinc#59284-0
* patient 1..
* dateTime 1..
* organization 1..

Invariant: care-net-1
Description: "institutions and departments are denied by their national codes"
Expression: "actor.reference.identifier.all(system = 'http://www.hl7korea.or.kr/Identifier/hira-krnpi' or system = 'http://www.hl7korea.or.kr/CodeSystem/hira-medical-department')"
Severity: #error

Profile: CareConsentNetwork
Parent: CareConsent
Id: care-consent-network
Title: "전체동의와 부분철회 · Network-wide consent with denials"
Description: "Permits the network for care, and denies institutions (as receiver IRCP, as source CST) and departments, one provision each."
* insert Ours
* organization ..1
* provision 1..
* provision.type = #permit (exactly)
* provision.actor 1..1
* provision.actor.role = $participation#IRCP
* provision.purpose 1..
* provision.provision obeys care-net-1
* provision.provision.type = #deny (exactly)
* provision.provision.actor 1..
* provision.provision.provision ..0

Invariant: care-dir-1
Description: "limited to the referral itself: this record, or it and what it refers to"
Expression: "meaning = 'instance' or meaning = 'related'"
Severity: #error

Profile: CareConsentDirected
Parent: CareConsent
Id: care-consent-directed
Title: "의뢰별 동의 · Directed consent"
Description: "Opens one referral to its receiver until an end, and nothing else. The only consent that travels inside a referral."
* insert Ours
* extension[replaces] ..0
* source[x] 1..
* verification 1..
* verification.verified = true (exactly)
* verification.verifiedWith 1..
* provision 1..
* provision.type = #permit (exactly)
* provision.period 1..
* provision.period.end 1..
* provision.actor 1..
* provision.actor.role = $participation#IRCP
* provision.data 1..
* provision.data obeys care-dir-1
* provision.provision ..0

Profile: CareConsentProxy
Parent: CareConsent
Id: care-consent-proxy
Title: "대리 동의 · Consent given by a proxy"
Description: "Somebody signed for the patient: a guardian for a child under 14, or who was given the power. Permits of a guardian end on the fourteenth birthday."
* insert Ours
* performer 1..1
* performer only Reference(RelatedPerson)
* verification 1..
* verification.verifiedWith 1..

Invariant: care-myd-1
Description: "says which data: kinds of record, codes, or records by name"
Expression: "class.exists() or code.exists() or data.exists()"
Severity: #error

Profile: CareConsentMyData
Parent: CareConsent
Id: care-consent-mydata
Title: "전송요구 · Transmission request"
Description: "The seven things a request to transmit names (개인정보 보호법 시행령 제42조의5 제3항): purpose, who sends (CST), who receives (IRCP), which data, how often, until when, and how long it is kept."
* insert Ours
* extension contains ConsentTransmissionCycle named cycle 1..1 and ConsentRetention named retention 1..1
* provision 1..
* provision obeys care-myd-1
* provision.purpose 1..
* provision.period 1..
* provision.period.end 1..
* provision.actor ^slicing.discriminator.type = #pattern
* provision.actor ^slicing.discriminator.path = "role"
* provision.actor ^slicing.rules = #open
* provision.actor contains sender 1..* and receiver 1..*
* provision.actor[sender].role = $participation#CST
* provision.actor[receiver].role = $participation#IRCP
