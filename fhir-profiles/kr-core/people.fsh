// KR Core 2.0.0, facts only (people). Source and licence: aliases.fsh. Compared element by element with the published guide by a test.

Profile: KRCore_Patient
Parent: Patient
Id: krcore-patient
* ^url = "http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-patient"
* ^version = "2.0.0"
* identifier 1.. MS
* insert Obliged_populate(identifier)
* identifier.system 1.. MS
* insert Obliged_populate(identifier.system)
* identifier.value 1.. MS
* insert Obliged_populate(identifier.value)
* name 1.. MS
* insert Obliged_populate(name)
* name.text 1.. MS
* insert Obliged_populate(name.text)
* telecom ^slicing.discriminator[0].type = #value
* telecom ^slicing.discriminator[0].path = "system"
* telecom ^slicing.rules = #open
* insert Obliged_able_to_populate(telecom)
* telecom contains Phone 0..*
* telecom[Phone].system 1..
* telecom[Phone].system = #phone (exactly)
* insert Obliged_populate(telecom[Phone].system)
* telecom[Phone].value 1..
* insert Obliged_populate(telecom[Phone].value)
* telecom contains E-mail 0..*
* telecom[E-mail].system 1..
* telecom[E-mail].system = #email (exactly)
* insert Obliged_populate(telecom[E-mail].system)
* telecom[E-mail].value 1..
* insert Obliged_populate(telecom[E-mail].value)
* gender 1.. MS
* insert Obliged_populate_or_reject(gender)
* birthDate 1.. MS
* insert Obliged_populate(birthDate)
* insert Obliged_able_to_populate(address)
* address.extension contains krcore-roadNameAddress named krcore-roadNameAddress 0..1
* insert Obliged_able_to_populate(address.extension[krcore-roadNameAddress])
* insert Obliged_able_to_populate(address.text)
* insert Obliged_able_to_populate(address.postalCode)
* insert Obliged_able_to_populate(contact)
* contact.address.extension contains krcore-roadNameAddress named krcore-roadNameAddress 0..1
* insert Obliged_able_to_populate(contact.address.extension[krcore-roadNameAddress])
* insert Obliged_able_to_populate(contact.address.text)
* insert Obliged_able_to_populate(contact.address.postalCode)

Profile: KRCore_Organization
Parent: Organization
Id: krcore-organization
* ^url = "http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-organization"
* ^version = "2.0.0"
* identifier.system 1..
* identifier.value 1..
* type from http://hl7.org/fhir/ValueSet/organization-type (preferred)
* type.coding.system 1..
* type.coding.code 1..
* name 1..
* telecom ^slicing.discriminator[0].type = #value
* telecom ^slicing.discriminator[0].path = "system"
* telecom ^slicing.rules = #open
* telecom contains Phone 0..*
* telecom[Phone].system 1..
* telecom[Phone].system = #phone (exactly)
* telecom[Phone].value 1..
* telecom contains Fax 0..*
* telecom[Fax].system 1..
* telecom[Fax].system = #fax (exactly)
* telecom[Fax].value 1..
* address.extension contains krcore-roadNameAddress named roadNameAddress 0..1

Profile: KRCore_HealthcareOrganization
Parent: krcore-organization
Id: krcore-healthcare-organization
* ^url = "http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-healthcare-organization"
* identifier ^slicing.discriminator[0].type = #value
* identifier ^slicing.discriminator[0].path = "system"
* identifier ^slicing.rules = #open
* identifier 1.. MS
* identifier contains HIRA 1..*
* identifier[HIRA] MS
* identifier[HIRA].system = "http://www.hl7korea.or.kr/Identifier/hira-krnpi" (exactly)
* identifier[HIRA].system MS
* identifier[HIRA].value MS
* type from http://www.hl7korea.or.kr/fhir/krcore/ValueSet/krcore-healthcare-organization-type-codes (required)
* type MS
* type.coding 1.. MS
* type.coding.system MS
* type.coding.code MS
* name MS

Profile: KRCore_Practitioner
Parent: Practitioner
Id: krcore-practitioner
* ^url = "http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-practitioner"
* ^version = "2.0.0"
* name 1..
* name.text 1..
* address.extension contains krcore-roadNameAddress named krcore-roadNameAddress 0..1

Profile: KRCore_Practitioner_MedicalDoctor
Parent: krcore-practitioner
Id: krcore-medical-doctor
* ^url = "http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-medical-doctor"
* name MS
* name.text MS
* qualification 1.. MS
* qualification.identifier ^slicing.discriminator[0].type = #value
* qualification.identifier ^slicing.discriminator[0].path = "system"
* qualification.identifier ^slicing.rules = #open
* qualification.identifier 1.. MS
* qualification.identifier contains MOHW 1..*
* qualification.identifier[MOHW] MS
* qualification.identifier[MOHW].system 1..
* qualification.identifier[MOHW].system = "http://www.hl7korea.or.kr/Identifier/mohw-md-license-id" (exactly)
* qualification.identifier[MOHW].system MS
* qualification.identifier[MOHW].value 1.. MS
* qualification.code from http://www.hl7korea.or.kr/fhir/krcore/ValueSet/krcore-doctor-qualification-codes (preferred)
* qualification.code.coding.system 1..
* qualification.code.coding.code 1..

Profile: KRCore_PractitionerRole
Parent: PractitionerRole
Id: krcore-practitioner-role
* ^url = "http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-practitioner-role"
* ^version = "2.0.0"
* identifier.system 1..
* identifier.value 1..
* practitioner only Reference(krcore-practitioner)
* organization only Reference(krcore-organization)
* code.coding.system 1..
* code.coding.code 1..
* specialty.coding.system 1..
* specialty.coding.code 1..

Profile: KRCore_PractitionerRole_MedicalDoctor
Parent: krcore-practitioner-role
Id: krcore-medical-doctor-role
* ^url = "http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-medical-doctor-role"
* practitioner only Reference(krcore-medical-doctor)
* organization only Reference(krcore-healthcare-organization)
* code ^slicing.discriminator[0].type = #value
* code ^slicing.discriminator[0].path = "$this"
* code ^slicing.rules = #open
* code 1..
* code from http://hl7.org/fhir/ValueSet/practitioner-role (extensible)
* code contains MDRole 1..1
* code[MDRole] = http://terminology.hl7.org/CodeSystem/practitioner-role#doctor
* specialty 1..
* specialty from http://www.hl7korea.or.kr/fhir/krcore/ValueSet/krcore-medicaldepartment-codes (required)
* specialty MS
* specialty.coding 1.. MS
* specialty.coding.system MS
* specialty.coding.code MS
