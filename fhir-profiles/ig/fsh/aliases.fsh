// care-network implementation guide. Built on KR Core 2.0.0 (http://www.hl7korea.or.kr/fhir/krcore), whose package is needed beside ours.
// Codes and canonicals are those of fhir-profiles/codes.ts; a test holds the two together.

Alias: $krPatient = http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-patient
Alias: $krInstitution = http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-healthcare-organization
Alias: $institutionNumber = http://www.hl7korea.or.kr/Identifier/hira-krnpi
Alias: $institutionType = http://www.hl7korea.or.kr/CodeSystem/hira-healthcare-organization-types
Alias: $department = http://www.hl7korea.or.kr/CodeSystem/hira-medical-department
Alias: $loinc = http://loinc.org
Alias: $actCode = http://terminology.hl7.org/CodeSystem/v3-ActCode
Alias: $actReason = http://terminology.hl7.org/CodeSystem/v3-ActReason
Alias: $participation = http://terminology.hl7.org/CodeSystem/v3-ParticipationType
Alias: $roleClass = http://terminology.hl7.org/CodeSystem/v3-RoleClass
Alias: $roleCode = http://terminology.hl7.org/CodeSystem/v3-RoleCode
Alias: $confidentiality = http://terminology.hl7.org/CodeSystem/v3-Confidentiality
Alias: $dataOperation = http://terminology.hl7.org/CodeSystem/v3-DataOperation
Alias: $consentScope = http://terminology.hl7.org/CodeSystem/consentscope
Alias: $listEmptyReason = http://terminology.hl7.org/CodeSystem/list-empty-reason
Alias: $identifierType = http://terminology.hl7.org/CodeSystem/v2-0203
Alias: $auditEntityType = http://terminology.hl7.org/CodeSystem/audit-entity-type
Alias: $requestStatus = http://hl7.org/fhir/task-status
Alias: $taskCode = https://care-network.kr/fhir/CodeSystem/task-code
Alias: $taskInput = https://care-network.kr/fhir/CodeSystem/task-input
Alias: $gap = https://care-network.kr/fhir/CodeSystem/gap
Alias: $referralReason = https://care-network.kr/fhir/CodeSystem/hira-referral-reason
Alias: $returnReason = https://care-network.kr/fhir/CodeSystem/hira-return-reason
Alias: $returnType = https://care-network.kr/fhir/CodeSystem/hira-return-type
Alias: $documentKind = https://care-network.kr/fhir/CodeSystem/document-kind

RuleSet: Ours
* ^status = #active
* ^experimental = false
* ^publisher = "care-network"
* ^jurisdiction = urn:iso:std:iso:3166#KR

// A set of codes that we keep ourselves, complete and in one spelling.
RuleSet: OurCodes
* insert Ours
* ^caseSensitive = true
* ^content = #complete

// Codes written on the wire whose list grows with the product; nothing is bound to it.
RuleSet: OurOpenCodes
* insert Ours
* ^caseSensitive = true
* ^content = #fragment
