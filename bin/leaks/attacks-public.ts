/** Attacks by what is said to be the same for everybody: terminology, what an address offers, the shape of the service. */
import { each, everybody, type Attack } from './attack.ts'

export const publics: readonly Attack[] = [
  {
    id: 'options',
    about: 'what an address offers, whatever is there',
    as: everybody,
    requests: each((type) => `OPTIONS ${type}/{hidden:${type}}`).concat(
      each((type) => `OPTIONS ${type}/{any:${type}}/_history/{version}`),
      [
        'OPTIONS Patient/{stranger}',
        'OPTIONS Patient/{person}/$everything',
        'OPTIONS Patient/{person}/Condition',
        'OPTIONS Condition',
        'OPTIONS metadata',
        'OPTIONS Binary/{hidden:Binary}',
      ],
    ),
  },
  {
    id: 'terminology',
    about: 'code systems and value sets are published: what is stored of anybody changes nothing in them',
    as: everybody,
    requests: [
      'GET CodeSystem/$lookup?system=urn:oid:1.2.410.100110.40.2.1.6&code={code}',
      'GET CodeSystem/$lookup?system=http://loinc.org&code={code}',
      'GET CodeSystem/$validate-code?url=http://loinc.org&code={code}',
      'GET CodeSystem/$subsumes?system=http://hl7.org/fhir/sid/icd-10&codeA={code}&codeB={code}',
      'GET ValueSet/$expand?url=http://hl7.org/fhir/ValueSet/observation-status',
      'GET ValueSet/$expand?url=http://hl7.org/fhir/ValueSet/condition-code&filter={word}&count={small}',
      'GET ValueSet/$validate-code?url=http://hl7.org/fhir/ValueSet/observation-status&code={word}',
      'GET ConceptMap/$translate?code={code}&system=http://loinc.org',
      'GET CodeSystem?url=http://loinc.org',
      'GET ValueSet?_count={small}',
      'GET ValueSet/{hidden:Condition}',
      'GET CodeSystem/{random}/$validate-code?code={code}',
      'POST ValueSet/$expand\n\n{"resourceType":"Parameters","parameter":[{"name":"url","valueUri":"{random}"}]}',
      'POST CodeSystem/_search\nContent-Type: application/x-www-form-urlencoded\n\nname={word}',
    ],
  },
]
