// KR Core 2.0.0, facts only (care). Source and licence: aliases.fsh. Compared element by element with the published guide by a test.

Profile: KRCore_Encounter
Parent: Encounter
Id: krcore-encounter
* ^url = "http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-encounter"
* ^version = "2.0.0"
* extension ^slicing.discriminator[0].type = #value
* extension ^slicing.discriminator[0].path = "url"
* extension ^slicing.rules = #open
* extension contains krcore-insuranceTypes named krcore-insuranceTypes 0..1
* status MS
* class from http://terminology.hl7.org/ValueSet/v3-ActEncounterCode (required)
* class MS
* class.system 1.. MS
* class.code 1.. MS
* subject only Reference(krcore-patient)
* subject MS
* participant.individual only Reference(krcore-medical-doctor or krcore-practitioner or krcore-medical-doctor-role or krcore-practitioner-role or RelatedPerson)
* period MS
* period.start MS
* period.end MS
* serviceProvider only Reference(krcore-healthcare-organization or krcore-organization)

Profile: KRCore_Condition_EncounterDiagnosis
Parent: Condition
Id: krcore-condition-encounter-diagnosis
* ^url = "http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-condition-encounter-diagnosis"
* ^version = "2.0.0"
* clinicalStatus MS
* category ^slicing.discriminator[0].type = #value
* category ^slicing.discriminator[0].path = "$this"
* category ^slicing.rules = #open
* category 1..
* category contains EnctrDiag 1..1
* category[EnctrDiag] from http://www.hl7korea.or.kr/fhir/krcore/ValueSet/krcore-condition-category-codes (extensible)
* category[EnctrDiag] = http://www.hl7korea.or.kr/fhir/krcore/CodeSystem/krcore-condition-category-types#진단
* code 1..
* code from http://www.hl7korea.or.kr/fhir/krcore/ValueSet/krcore-kcd8-codes (required)
* code MS
* code.coding 1.. MS
* code.coding.system 1.. MS
* code.coding.code 1.. MS
* subject only Reference(krcore-patient)
* subject MS
* encounter only Reference(krcore-encounter)
* recordedDate 1.. MS

Profile: KRCore_Condition_ChiefComplaint
Parent: Condition
Id: krcore-condition-chief-complaint
* ^url = "http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-condition-chief-complaint"
* ^version = "2.0.0"
* category ^slicing.discriminator[0].type = #value
* category ^slicing.discriminator[0].path = "$this"
* category ^slicing.rules = #open
* category 1..
* category contains CC 1..1
* category[CC] from http://www.hl7korea.or.kr/fhir/krcore/ValueSet/krcore-condition-category-codes (extensible)
* category[CC] = http://www.hl7korea.or.kr/fhir/krcore/CodeSystem/krcore-condition-category-types#주호소
* code 1..
* code from http://hl7.org/fhir/ValueSet/condition-code|4.0.1 (example)
* code.coding.system 1..
* code.coding.code 1..
* subject only Reference(krcore-patient)
* subject MS
* encounter only Reference(krcore-encounter)

Profile: KRCore_AllergyIntolerance
Parent: AllergyIntolerance
Id: krcore-allergyintolerance
* ^url = "http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-allergyintolerance"
* ^version = "2.0.0"
* code 1..
* code from http://www.hl7korea.or.kr/fhir/krcore/ValueSet/krcore-atc-codes (preferred)
* code MS
* code.coding.system 1.. MS
* code.coding.code 1.. MS
* patient only Reference(krcore-patient)
* patient MS
* onsetDateTime 0..1
* reaction.manifestation.text ..1

Profile: KRCore_Procedure
Parent: Procedure
Id: krcore-procedure
* ^url = "http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-procedure"
* ^version = "2.0.0"
* partOf only Reference(krcore-procedure or Observation)
* status MS
* category from http://www.hl7korea.or.kr/fhir/krcore/ValueSet/krcore-procedure-category-codes (extensible)
* category.coding.system 1..
* category.coding.code 1..
* code 1..
* code from http://www.hl7korea.or.kr/fhir/krcore/ValueSet/krcore-procedure-codes (extensible)
* code MS
* code.coding.system 1.. MS
* code.coding.code 1.. MS
* subject only Reference(krcore-patient)
* performed[x] 1..
* performed[x] only dateTime or Period or string or Age or Range
* performed[x] ^type[0].extension[0].url = "http://hl7.org/fhir/StructureDefinition/elementdefinition-type-must-support"
* performed[x] ^type[0].extension[0].valueBoolean = true
* performed[x] MS

Profile: KRCore_Immunization
Parent: Immunization
Id: krcore-immunization
* ^url = "http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-immunization"
* ^version = "2.0.0"
* status MS
* vaccineCode MS
* vaccineCode.coding ^slicing.discriminator[0].type = #value
* vaccineCode.coding ^slicing.discriminator[0].path = "$this"
* vaccineCode.coding ^slicing.rules = #open
* vaccineCode.coding 1..
* vaccineCode.coding contains VcntType 1..*
* vaccineCode.coding[VcntType] from http://www.hl7korea.or.kr/fhir/krcore/ValueSet/krcore-vcnt-type-codes (required)
* vaccineCode.coding[VcntType] MS
* vaccineCode.coding[VcntType].system 1.. MS
* vaccineCode.coding[VcntType].code 1.. MS
* vaccineCode.coding contains KDCode 0..*
* vaccineCode.coding[KDCode] from http://www.hl7korea.or.kr/fhir/krcore/ValueSet/krcore-korea-drug-codes (required)
* vaccineCode.coding[KDCode].system 1..
* vaccineCode.coding[KDCode].code 1..
* patient only Reference(krcore-patient)
* patient MS
* occurrence[x] only dateTime
* occurrence[x] MS
* protocolApplied.doseNumberPositiveInt 0..1

Profile: KRCore_Medication
Parent: Medication
Id: krcore-medication
* ^url = "http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-medication"
* ^version = "2.0.0"
* code 1..
* code from http://www.hl7korea.or.kr/fhir/krcore/ValueSet/krcore-edi-medication-codes (extensible)
* code MS
* code.coding.system 1.. MS
* code.coding.code 1.. MS
* code.coding.display 1.. MS
* ingredient 1.. MS
* ingredient.itemCodeableConcept 0..1
* ingredient.itemCodeableConcept from http://www.hl7korea.or.kr/fhir/krcore/ValueSet/krcore-atc-codes (preferred)
* ingredient.itemCodeableConcept MS
* ingredient.itemCodeableConcept.coding.system 1.. MS
* ingredient.itemCodeableConcept.coding.code 1.. MS

Profile: KRCore_MedicationRequest
Parent: MedicationRequest
Id: krcore-medicationrequest
* ^url = "http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-medicationrequest"
* ^version = "2.0.0"
* status MS
* intent MS
* medication[x] MS
* medicationReference 0..1
* medicationReference only Reference(krcore-medication)
* medicationReference MS
* medicationCodeableConcept 0..1
* medicationCodeableConcept from http://www.hl7korea.or.kr/fhir/krcore/ValueSet/krcore-edi-medication-codes (extensible)
* medicationCodeableConcept MS
* medicationCodeableConcept.extension 1..
* medicationCodeableConcept.extension contains krcore-medicationIngredient named krcore-medicationIngredient 1..*
* medicationCodeableConcept.extension[krcore-medicationIngredient] MS
* medicationCodeableConcept.coding.system 1.. MS
* medicationCodeableConcept.coding.code 1.. MS
* medicationCodeableConcept.coding.display 1.. MS
* subject only Reference(krcore-patient)
* subject MS
* dosageInstruction 1.. MS
* dosageInstruction.text MS
* dosageInstruction.timing MS
* dosageInstruction.timing.repeat MS
* dosageInstruction.timing.repeat.frequency MS
* dosageInstruction.timing.repeat.period MS
* dosageInstruction.timing.repeat.periodUnit from http://hl7.org/fhir/ValueSet/units-of-time|4.0.1 (required)
* dosageInstruction.timing.repeat.periodUnit MS
* dosageInstruction.doseAndRate 1.. MS
* dosageInstruction.doseAndRate.dose[x] 1.. MS
* dosageInstruction.doseAndRate.doseQuantity 0..1
* dosageInstruction.doseAndRate.doseQuantity only SimpleQuantity
* dosageInstruction.doseAndRate.doseQuantity from http://hl7.org/fhir/ValueSet/ucum-units (preferred)
* dosageInstruction.doseAndRate.doseQuantity MS
* dosageInstruction.doseAndRate.doseRange 0..1 MS
* dosageInstruction.doseAndRate.doseRange.low from http://hl7.org/fhir/ValueSet/ucum-units (preferred)
* dosageInstruction.doseAndRate.doseRange.high from http://hl7.org/fhir/ValueSet/ucum-units (preferred)
* dispenseRequest MS
* dispenseRequest.quantity from http://hl7.org/fhir/ValueSet/ucum-units (preferred)
* dispenseRequest.expectedSupplyDuration MS
* dispenseRequest.expectedSupplyDuration.code from http://hl7.org/fhir/ValueSet/units-of-time|4.0.1 (required)
