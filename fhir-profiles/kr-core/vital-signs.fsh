// KR Core 2.0.0, facts only (vital-signs). Source and licence: aliases.fsh. Compared element by element with the published guide by a test.

Profile: KRCore_Observation_VitalSigns
Parent: Observation
Id: krcore-vitalsigns
* ^url = "http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-vitalsigns"
* ^version = "2.0.0"
* category ^slicing.discriminator[0].type = #value
* category ^slicing.discriminator[0].path = "$this"
* category ^slicing.rules = #open
* category 1..
* category from http://hl7.org/fhir/ValueSet/observation-category (required)
* category contains VitalSigns 1..1
* category[VitalSigns] = http://terminology.hl7.org/CodeSystem/observation-category#vital-signs
* code.coding ^slicing.discriminator[0].type = #value
* code.coding ^slicing.discriminator[0].path = "$this"
* code.coding ^slicing.rules = #open
* code.coding contains LOINC 0..*
* code.coding[LOINC] from http://hl7.org/fhir/ValueSet/observation-codes (required)
* code.coding[LOINC].system 1..
* code.coding[LOINC].system = "http://loinc.org" (exactly)
* code.coding[LOINC].code 1..
* subject only Reference(krcore-patient)
* subject MS
* performer only Reference(krcore-practitioner or krcore-practitioner-role or krcore-organization or CareTeam or krcore-patient or RelatedPerson)
* component.code.coding ^slicing.discriminator[0].type = #value
* component.code.coding ^slicing.discriminator[0].path = "$this"
* component.code.coding ^slicing.rules = #open
* component.code.coding contains LOINC 0..*
* component.code.coding[LOINC] from http://hl7.org/fhir/ValueSet/observation-codes (required)
* component.code.coding[LOINC].system 1..
* component.code.coding[LOINC].system = "http://loinc.org" (exactly)
* component.code.coding[LOINC].code 1..

Profile: KRCore_Observation_VitalSigns_BloodPressure
Parent: krcore-vitalsigns
Id: krcore-bloodpressure
* ^url = "http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-bloodpressure"
* obeys krcore-obs-02
* code MS
* code.coding[LOINC].system MS
* code.coding[LOINC].code = #85354-9 (exactly)
* code.coding[LOINC].code MS
* component ^slicing.discriminator[0].type = #value
* component ^slicing.discriminator[0].path = "code.coding.code"
* component ^slicing.rules = #open
* component contains Systolic 0..1
* component[Systolic] MS
* component[Systolic].code.coding[LOINC].system MS
* component[Systolic].code.coding[LOINC].code = #8480-6 (exactly)
* component[Systolic].code.coding[LOINC].code MS
* component[Systolic].value[x] only Quantity
* component[Systolic].value[x] MS
* component[Systolic].value[x].value 1..
* component[Systolic].value[x].system 1..
* component[Systolic].value[x].system = "http://unitsofmeasure.org" (exactly)
* component[Systolic].value[x].code 1..
* component[Systolic].value[x].code = #mm[Hg] (exactly)
* component contains Diastolic 0..1
* component[Diastolic] MS
* component[Diastolic].code.coding[LOINC].system MS
* component[Diastolic].code.coding[LOINC].code = #8462-4 (exactly)
* component[Diastolic].code.coding[LOINC].code MS
* component[Diastolic].value[x] only Quantity
* component[Diastolic].value[x] MS
* component[Diastolic].value[x].value 1..
* component[Diastolic].value[x].system 1..
* component[Diastolic].value[x].system = "http://unitsofmeasure.org" (exactly)
* component[Diastolic].value[x].code 1..
* component[Diastolic].value[x].code = #mm[Hg] (exactly)

Profile: KRCore_Observation_VitalSigns_BodyHeight
Parent: krcore-vitalsigns
Id: krcore-bodyheight
* ^url = "http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-bodyheight"
* obeys krcore-obs-01
* code MS
* code.coding[LOINC].system MS
* code.coding[LOINC].code = #8302-2 (exactly)
* code.coding[LOINC].code MS
* value[x] only Quantity
* value[x] MS
* value[x].value 1..
* value[x].system 1..
* value[x].system = "http://unitsofmeasure.org" (exactly)
* value[x].code 1..
* value[x].code = #cm (exactly)

Profile: KRCore_Observation_VitalSigns_BodyWeight
Parent: krcore-vitalsigns
Id: krcore-bodyweight
* ^url = "http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-bodyweight"
* obeys krcore-obs-01
* code MS
* code.coding[LOINC].system MS
* code.coding[LOINC].code = #29463-7 (exactly)
* code.coding[LOINC].code MS
* value[x] only Quantity
* value[x] MS
* value[x].value 1..
* value[x].system 1..
* value[x].system = "http://unitsofmeasure.org" (exactly)
* value[x].code 1..
* value[x].code = #kg (exactly)

Profile: KRCore_Observation_VitalSigns_BodyTemperature
Parent: krcore-vitalsigns
Id: krcore-bodytemperature
* ^url = "http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-bodytemperature"
* obeys krcore-obs-01
* code MS
* code.coding[LOINC].system MS
* code.coding[LOINC].code = #8310-5 (exactly)
* code.coding[LOINC].code MS
* value[x] only Quantity
* value[x] MS
* value[x].value 1..
* value[x].system 1..
* value[x].system = "http://unitsofmeasure.org" (exactly)
* value[x].code 1..
* value[x].code = #Cel (exactly)

Profile: KRCore_Observation_VitalSigns_HeartRate
Parent: krcore-vitalsigns
Id: krcore-heartrate
* ^url = "http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-heartrate"
* obeys krcore-obs-01
* code MS
* code.coding[LOINC].system MS
* code.coding[LOINC].code = #8867-4 (exactly)
* code.coding[LOINC].code MS
* value[x] only Quantity
* value[x] MS
* value[x].value 1..
* value[x].system 1..
* value[x].system = "http://unitsofmeasure.org" (exactly)
* value[x].code 1..
* value[x].code = #/min (exactly)

Profile: KRCore_Observation_VitalSigns_PulseOximetry
Parent: krcore-vitalsigns
Id: krcore-pulseoximetry
* ^url = "http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-pulseoximetry"
* obeys krcore-obs-01
* code MS
* code.coding[LOINC].system MS
* code.coding[LOINC].code = #2708-6 (exactly)
* code.coding[LOINC].code MS
* value[x] only Quantity
* value[x] MS
* value[x].value 1..
* value[x].system 1..
* value[x].system = "http://unitsofmeasure.org" (exactly)
* value[x].code 1..
* value[x].code = #% (exactly)

Profile: KRCore_Observation_VitalSigns_RespiratoryRate
Parent: krcore-vitalsigns
Id: krcore-respiratoryrate
* ^url = "http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-respiratoryrate"
* obeys krcore-obs-01
* code MS
* code.coding[LOINC].system MS
* code.coding[LOINC].code = #9279-1 (exactly)
* code.coding[LOINC].code MS
* value[x] only Quantity
* value[x] MS
* value[x].value 1..
* value[x].system 1..
* value[x].system = "http://unitsofmeasure.org" (exactly)
* value[x].code 1..
* value[x].code = #/min (exactly)
