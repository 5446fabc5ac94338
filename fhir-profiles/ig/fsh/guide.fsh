Instance: care-network
InstanceOf: ImplementationGuide
Usage: #definition
* url = "https://care-network.kr/fhir/ImplementationGuide/care-network"
* version = "0.1.0"
* name = "CareNetwork"
* title = "care-network: records, referrals and consent between Korean institutions"
* status = #active
* publisher = "care-network"
* description = "Profiles for what KR Core 2.0.0 has none for: consent, referral, letters, summary, access log. Needs the package hl7.fhir.kr.core#2.0.0 beside it."
* jurisdiction = urn:iso:std:iso:3166#KR
* packageId = "kr.care-network.fhir"
* fhirVersion = #4.0.1
* dependsOn[0].uri = "http://www.hl7korea.or.kr/fhir/krcore/ImplementationGuide/hl7.fhir.kr.core"
* dependsOn[0].packageId = "hl7.fhir.kr.core"
* dependsOn[0].version = "2.0.0"
