// The facts of KR Core STU2 2.0.0 (http://www.hl7korea.or.kr/fhir/krcore, HL7 Korea, CC0-1.0): which elements its profiles require, fix, bind and
// slice. Its sentences are not here. The product checks records against these; the package we publish depends on KR Core's own and holds none of it.

Invariant: krcore-obs-01
Description: "a measurement has a value, or says why it has none"
Expression: "value.exists() or dataAbsentReason.exists()"
Severity: #warning

Invariant: krcore-obs-02
Description: "a measurement of parts has a value in one of them, or says why it has none"
Expression: "component.value.exists() or component.dataAbsentReason.exists()"
Severity: #warning

// What a server and a client owe to an element: http://hl7.org/fhir/StructureDefinition/obligation

RuleSet: Obligation(path, at, actor)
* {path} ^extension[{at}].url = "http://hl7.org/fhir/StructureDefinition/obligation"
* {path} ^extension[{at}].extension[+].url = "actor"
* {path} ^extension[{at}].extension[=].valueCanonical = "http://www.hl7korea.or.kr/fhir/krcore/ActorDefinition/krcore-actordefinition-{actor}"

RuleSet: ObligationCode(path, at, code)
* {path} ^extension[{at}].extension[+].url = "code"
* {path} ^extension[{at}].extension[=].valueCode = #{code}

RuleSet: Obliged_populate(path)
* insert Obligation({path}, 0, server)
* insert ObligationCode({path}, 0, SHALL:populate)
* insert Obligation({path}, 1, client)
* insert ObligationCode({path}, 1, SHOULD:populate)
* insert ObligationCode({path}, 1, SHALL:no-error)

RuleSet: Obliged_populate_or_reject(path)
* insert Obligation({path}, 0, server)
* insert ObligationCode({path}, 0, SHALL:populate)
* insert ObligationCode({path}, 0, SHALL:reject-invalid)
* insert Obligation({path}, 1, client)
* insert ObligationCode({path}, 1, SHOULD:populate)
* insert ObligationCode({path}, 1, SHALL:no-error)

RuleSet: Obliged_able_to_populate(path)
* insert Obligation({path}, 0, server)
* insert ObligationCode({path}, 0, SHALL:able-to-populate)
* insert Obligation({path}, 1, client)
* insert ObligationCode({path}, 1, SHOULD:able-to-populate)
* insert ObligationCode({path}, 1, SHALL:no-error)
