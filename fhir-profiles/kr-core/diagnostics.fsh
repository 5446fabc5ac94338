// KR Core 2.0.0, facts only (diagnostics). Source and licence: aliases.fsh. Compared element by element with the published guide by a test.

Profile: KRCore_Specimen
Parent: Specimen
Id: krcore-specimen
* ^url = "http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-specimen"
* ^version = "2.0.0"
* identifier.system 1..
* identifier.value 1..
* type from http://www.hl7korea.or.kr/fhir/krcore/ValueSet/krcore-snomed-ct-codes (extensible)
* type.coding.system 1..
* type.coding.code 1..
* subject 1..
* subject only Reference(krcore-patient or Group or Device or Substance or Location)
* collection.bodySite.coding.system 1..
* collection.bodySite.coding.code 1..

Profile: KRCore_ImagingStudy
Parent: ImagingStudy
Id: krcore-imagingstudy
* ^url = "http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-imagingstudy"
* ^version = "2.0.0"
* subject only Reference(krcore-patient)
* subject MS

Profile: KRCore_DiagnosticReport_LaboratoryResults
Parent: DiagnosticReport
Id: krcore-diagnosticreport-laboratory-results
* ^url = "http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-diagnosticreport-laboratory-results"
* ^version = "2.0.0"
* status MS
* category ^slicing.discriminator[0].type = #value
* category ^slicing.discriminator[0].path = "$this"
* category ^slicing.rules = #open
* category 1..
* category from http://hl7.org/fhir/ValueSet/diagnostic-service-sections (extensible)
* category contains Laboratory 1..1
* category[Laboratory] = http://terminology.hl7.org/CodeSystem/v2-0074#LAB
* code from http://www.hl7korea.or.kr/fhir/krcore/ValueSet/krcore-laboratory-codes (extensible)
* code MS
* code.coding.system 1.. MS
* code.coding.code 1.. MS
* subject only Reference(krcore-patient)
* subject MS
* performer only Reference(krcore-practitioner or krcore-practitioner-role or krcore-organization or CareTeam)
* specimen only Reference(krcore-specimen)
* result only Reference(Observation or krcore-observation-laboratory-result)
* result ^type[0].targetProfile[1].extension[0].url = "http://hl7.org/fhir/StructureDefinition/elementdefinition-type-must-support"
* result ^type[0].targetProfile[1].extension[0].valueBoolean = true
* result MS

Profile: KRCore_DiagnosticReport_PathologyResults
Parent: DiagnosticReport
Id: krcore-diagnosticreport-pathology-results
* ^url = "http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-diagnosticreport-pathology-results"
* ^version = "2.0.0"
* extension ^slicing.discriminator[0].type = #value
* extension ^slicing.discriminator[0].path = "url"
* extension ^slicing.rules = #open
* extension 1..
* extension contains krcore-testRequestDateTime named krcore-testRequestDateTime 1..1
* extension[krcore-testRequestDateTime] MS
* status MS
* category ^slicing.discriminator[0].type = #value
* category ^slicing.discriminator[0].path = "$this"
* category ^slicing.rules = #open
* category 1..
* category from http://hl7.org/fhir/ValueSet/diagnostic-service-sections (extensible)
* category contains Pathology 1..1
* category[Pathology] = http://terminology.hl7.org/CodeSystem/v2-0074#PAT
* code from http://www.hl7korea.or.kr/fhir/krcore/ValueSet/krcore-pathology-codes (extensible)
* code MS
* code.coding.system 1.. MS
* code.coding.code 1.. MS
* subject only Reference(krcore-patient)
* subject MS
* performer only Reference(krcore-practitioner or krcore-practitioner-role or krcore-organization or CareTeam)
* specimen only Reference(krcore-specimen)
* result MS

Profile: KRCore_DiagnosticReport_FunctionalTests
Parent: DiagnosticReport
Id: krcore-diagnosticreport-function-tests
* ^url = "http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-diagnosticreport-function-tests"
* ^version = "2.0.0"
* extension ^slicing.discriminator[0].type = #value
* extension ^slicing.discriminator[0].path = "url"
* extension ^slicing.rules = #open
* extension 1..
* extension contains krcore-testRequestDateTime named krcore-testRequestDateTime 1..1
* extension[krcore-testRequestDateTime] MS
* status MS
* category ^slicing.discriminator[0].type = #value
* category ^slicing.discriminator[0].path = "$this"
* category ^slicing.rules = #open
* category 1..
* category from http://hl7.org/fhir/ValueSet/diagnostic-service-sections (extensible)
* category contains FuncTest 1..1
* category[FuncTest] = http://terminology.hl7.org/CodeSystem/v2-0074#OSL
* code from http://www.hl7korea.or.kr/fhir/krcore/ValueSet/krcore-edi-procedure-codes (extensible)
* code MS
* code.coding.system 1.. MS
* code.coding.code 1.. MS
* subject only Reference(krcore-patient)
* subject MS
* performer only Reference(krcore-practitioner or krcore-practitioner-role or krcore-organization or CareTeam)
* result only Reference(Observation or krcore-observation-function-test)
* result ^type[0].targetProfile[1].extension[0].url = "http://hl7.org/fhir/StructureDefinition/elementdefinition-type-must-support"
* result ^type[0].targetProfile[1].extension[0].valueBoolean = true
* result MS

Profile: KRCore_DiagnosticReport_DiagnosticImaging
Parent: DiagnosticReport
Id: krcore-diagnosticreport-diagnostic-imaging
* ^url = "http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-diagnosticreport-diagnostic-imaging"
* ^version = "2.0.0"
* status MS
* category ^slicing.discriminator[0].type = #value
* category ^slicing.discriminator[0].path = "$this"
* category ^slicing.rules = #open
* category 1..
* category from http://hl7.org/fhir/ValueSet/diagnostic-service-sections (extensible)
* category contains Imaging 1..1
* category[Imaging] = http://terminology.hl7.org/CodeSystem/v2-0074#IMG
* code from http://www.hl7korea.or.kr/fhir/krcore/ValueSet/krcore-diagnostic-imaging-codes (extensible)
* code MS
* code.coding.system 1.. MS
* code.coding.code 1.. MS
* subject only Reference(krcore-patient)
* subject MS
* performer only Reference(krcore-practitioner or krcore-practitioner-role or krcore-organization or CareTeam)
* imagingStudy only Reference(krcore-imagingstudy)
* conclusion MS

Profile: KRCore_Observation_LaboratoryResult
Parent: Observation
Id: krcore-observation-laboratory-result
* ^url = "http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-observation-laboratory-result"
* ^version = "2.0.0"
* category ^slicing.discriminator[0].type = #value
* category ^slicing.discriminator[0].path = "$this"
* category ^slicing.rules = #open
* category 1..
* category from http://hl7.org/fhir/ValueSet/observation-category (required)
* category contains Laboratory 1..1
* category[Laboratory] = http://terminology.hl7.org/CodeSystem/observation-category#laboratory
* code from http://www.hl7korea.or.kr/fhir/krcore/ValueSet/krcore-laboratory-codes (extensible)
* code MS
* code.coding.system 1.. MS
* code.coding.code 1.. MS
* subject only Reference(krcore-patient)
* subject MS
* issued 1.. MS
* performer only Reference(krcore-practitioner or krcore-practitioner-role or krcore-organization or CareTeam or krcore-patient or RelatedPerson)
* value[x] MS
* specimen only Reference(krcore-specimen)
* referenceRange MS
* component MS
* component.code from http://www.hl7korea.or.kr/fhir/krcore/ValueSet/krcore-laboratory-codes (extensible)
* component.code MS
* component.code.coding.system 1.. MS
* component.code.coding.code 1.. MS
* component.value[x] MS
* component.referenceRange MS

Profile: KRCore_Observation_FunctionalTest
Parent: Observation
Id: krcore-observation-function-test
* ^url = "http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-observation-function-test"
* ^version = "2.0.0"
* status MS
* category ^slicing.discriminator[0].type = #value
* category ^slicing.discriminator[0].path = "$this"
* category ^slicing.rules = #open
* category 1..
* category from http://hl7.org/fhir/ValueSet/observation-category (required)
* category contains Exam 1..1
* category[Exam] = http://terminology.hl7.org/CodeSystem/observation-category#exam
* code from http://www.hl7korea.or.kr/fhir/krcore/ValueSet/krcore-edi-procedure-codes (extensible)
* code MS
* code.coding.system 1.. MS
* code.coding.code 1.. MS
* subject only Reference(krcore-patient)
* subject MS
* effective[x] 1..
* effective[x] only dateTime or Period or Timing or instant
* effective[x] ^type[0].extension[0].url = "http://hl7.org/fhir/StructureDefinition/elementdefinition-type-must-support"
* effective[x] ^type[0].extension[0].valueBoolean = true
* effective[x] MS
* performer only Reference(krcore-practitioner or krcore-practitioner-role or krcore-organization or CareTeam or krcore-patient or RelatedPerson)
* value[x] MS
