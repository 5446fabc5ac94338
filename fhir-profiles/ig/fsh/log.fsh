Invariant: care-aud-1
Description: "접속지: both ends of the wire have an address"
Expression: "agent.where(network.address.exists()).count() >= 2"
Severity: #error

Invariant: care-aud-2
Description: "an entry that claims a REST profile of BALP is a success"
Expression: "meta.profile.where($this.startsWith('https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.') and $this.endsWith('.PrivacyDisclosure.Source').not()).exists() implies outcome = '0'"
Severity: #error

Invariant: care-aud-3
Description: "정보주체: whose record it was, or that it was nobody's"
Expression: "what.reference.exists() or what.display.exists()"
Severity: #error

Invariant: care-aud-4
Description: "식별자: one user is named by the name they sign in with"
Expression: "agent.where(requestor = true and who.identifier.value.exists()).count() = 1"
Severity: #error

Invariant: care-aud-5
Description: "the user's role is told"
Expression: "agent.where(requestor = true).all(role.exists())"
Severity: #error

Profile: CareAuditEvent
Parent: AuditEvent
Id: care-audit-event
Title: "접속기록 · Access log entry"
Description: "An entry of the access log with the five things Korean law asks for (개인정보의 안전성 확보조치 기준 제8조): who (식별자), when (접속일시), from where (접속지), whose record (정보주체), and what was done (수행업무). Successes claim the profile of IHE Basic Audit (BALP) they meet as well; BALP has none for refusals."
* insert Ours
* obeys care-aud-1 and care-aud-2 and care-aud-4 and care-aud-5
* subtype 1..
* action 1..
* outcome 1..
* source.site 1..
* agent ^slicing.discriminator.type = #pattern
* agent ^slicing.discriminator.path = "type"
* agent ^slicing.rules = #open
* agent contains institution 1..1
* agent[institution].type 1..
* agent[institution].type = $roleClass#PROV
* agent[institution].who 1..
* entity ^slicing.discriminator.type = #pattern
* entity ^slicing.discriminator.path = "type"
* entity ^slicing.rules = #open
* entity contains person 1..*
* entity[person].type 1..
* entity[person].type = $auditEntityType#1
* entity[person] obeys care-aud-3

Invariant: care-prov-1
Description: "what it was made from is named"
Expression: "what.reference.exists() or what.identifier.exists()"
Severity: #error

Profile: CareProvenance
Parent: Provenance
Id: care-provenance
Title: "이력 · Provenance"
Description: "Who did what to records, and from which: a consent took the place of another, a record was corrected at intake."
* insert Ours
* activity 1..
* activity from RecordOperations (required)
* agent.role 1..
* entity obeys care-prov-1

Invariant: care-sup-1
Description: "the consent replaced is named with its version"
Expression: "what.reference.matches('Consent/[^/]+/_history/[^/]+$')"
Severity: #error

Profile: ConsentSupersession
Parent: CareProvenance
Id: consent-supersession
Title: "동의 대체 · Supersession of a consent"
Description: "One consent took the place of others because its writer said so."
* insert Ours
* target 2..
* target only Reference(Consent)
* activity = $dataOperation#UPDATE
* entity 1..
* entity.role = #revision (exactly)
* entity obeys care-sup-1

Extension: AsSent
Id: as-sent
Title: "보낸 대로 · As it was sent"
Description: "What the sender wrote where people read a code, system or number in its published spelling."
Context: Coding, Quantity, Identifier
* insert Ours
* extension contains system 0..1 and code 0..1 and value 0..1
* extension[system].value[x] only uri
* extension[code].value[x] only string
* extension[value].value[x] only string

Extension: Correction
Id: correction
Title: "정정 · Correction"
Description: "Where in the record that contains this Provenance the network put a spelling right, and by which rule. No values."
Context: Provenance
* insert Ours
* extension contains path 1..1 and rule 1..1
* extension[path].value[x] only string
* extension[rule].value[x] only code
