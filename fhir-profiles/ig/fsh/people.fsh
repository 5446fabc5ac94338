Invariant: care-pat-1
Description: "no resident registration number leaves an institution: neither by type nor by shape"
Expression: "identifier.where(type.coding.where(code = 'SS' or code = 'NNKOR').exists() or value.matches('^[0-9]{6}-?[0-9]{7}$')).empty()"
Severity: #error

Invariant: care-pat-2
Description: "one number at least is an institution's own: its OID below 1.2.410.100110.10 and the eight digits of the institution"
Expression: "identifier.where(system.matches('^urn:oid:1[.]2[.]410[.]100110[.]10[.][0-9]{8}$')).exists()"
Severity: #error

Profile: CarePatient
Parent: $krPatient
Id: care-patient
Title: "환자 · Patient"
Description: "A patient as institutions send one and as the network shows a person: the numbers that institutions gave, never a resident registration number."
* insert Ours
* obeys care-pat-1 and care-pat-2

Invariant: care-org-1
Description: "요양기관기호 is eight digits"
Expression: "identifier.where(system = 'http://www.hl7korea.or.kr/Identifier/hira-krnpi').value.all($this.matches('^[0-9]{8}$'))"
Severity: #error

Invariant: care-org-2
Description: "the OID of an institution is 1.2.410.100110.10 and its 요양기관기호"
Expression: "identifier.where(system = 'urn:ietf:rfc:3986').all('urn:oid:1.2.410.100110.10.' + %resource.identifier.where(system = 'http://www.hl7korea.or.kr/Identifier/hira-krnpi').value.first() = value)"
Severity: #error

Profile: CareOrganization
Parent: $krInstitution
Id: care-organization
Title: "요양기관 · Institution"
Description: "An institution of the network. Its 종별 says its tier: tier-1-institution, tier-2-institution, tier-3-institution. Departments are plain KR Core organizations below it."
* insert Ours
* obeys care-org-1 and care-org-2
* active 1..
* type 1..1
* type from ReferralInstitutions (required)

Invariant: care-rel-1
Description: "only guardians act without an end"
Expression: "relationship.coding.where(system = 'http://terminology.hl7.org/CodeSystem/v3-RoleCode' and code = 'GUARD').exists() or period.end.exists()"
Severity: #error

Profile: CareRelatedPerson
Parent: RelatedPerson
Id: care-related-person
Title: "대리인 · Proxy"
Description: "Who acts for a patient, as the privacy officer verified it: one kind, one sign-in, and an end unless a guardian."
* insert Ours
* obeys care-rel-1
* relationship 1..1
* relationship from ProxyKinds (required)
* identifier ^slicing.discriminator.type = #value
* identifier ^slicing.discriminator.path = "system"
* identifier ^slicing.rules = #open
* identifier contains signIn 1..1
* identifier[signIn].system = "https://care-network.kr/fhir/Identifier/subject" (exactly)
* identifier[signIn].value 1..
