// KR Core 2.0.0, facts only (extensions). Source and licence: aliases.fsh. Compared element by element with the published guide by a test.

Extension: KRCore_RoadNameAddress_Extension
Parent: Extension
Id: krcore-roadNameAddress
* ^url = "http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-roadNameAddress"
* ^version = "2.0.0"
* ^context[0].type = #element
* ^context[0].expression = "Address"
* extension 3..
* extension contains district 1..1
* extension[district].extension ..0
* extension[district].url = "district" (exactly)
* extension[district].value[x] 1..
* extension[district].value[x] only string
* extension contains roadName 1..1
* extension[roadName].extension ..0
* extension[roadName].url = "roadName" (exactly)
* extension[roadName].value[x] 1..
* extension[roadName].value[x] only string
* extension contains detailedAddress 1..1
* extension[detailedAddress].extension ..0
* extension[detailedAddress].url = "detailedAddress" (exactly)
* extension[detailedAddress].value[x] 1..
* extension[detailedAddress].value[x] only string
* extension contains complements 0..1
* extension[complements].extension ..0
* extension[complements].url = "complements" (exactly)
* extension[complements].value[x] 1..
* extension[complements].value[x] only string
* value[x] ..0

Extension: KRCore_InsuranceTypes_Extension
Parent: Extension
Id: krcore-insuranceTypes
* ^url = "http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-insuranceTypes"
* ^version = "2.0.0"
* ^context[0].type = #element
* ^context[0].expression = "Encounter"
* value[x] only CodeableConcept
* value[x] from http://www.hl7korea.or.kr/fhir/krcore/ValueSet/krcore-insurance-types-codes (required)
* value[x].coding 1.. MS
* value[x].coding.system 1.. MS
* value[x].coding.code 1.. MS

Extension: KRCore_MedicationIngredient_Extension
Parent: Extension
Id: krcore-medicationIngredient
* ^url = "http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-medicationIngredient"
* ^context[0].type = #element
* ^context[0].expression = "MedicationRequest.medication.ofType(CodeableConcept)"
* value[x] 1..
* value[x] only CodeableConcept
* value[x] from http://www.hl7korea.or.kr/fhir/krcore/ValueSet/krcore-atc-codes (preferred)
* value[x] MS
* value[x].coding MS
* value[x].coding.system 1.. MS
* value[x].coding.code 1.. MS

Extension: KRCore_TestRequestDateTime_Extension
Parent: Extension
Id: krcore-testRequestDateTime
* ^url = "http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-testRequestDateTime"
* ^version = "2.0.0"
* ^context[0].type = #element
* ^context[0].expression = "DiagnosticReport"
* value[x] 1..
* value[x] only dateTime
* value[x] MS
