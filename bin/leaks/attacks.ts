/**
 * Ways to learn of what one is refused, as data. Each line is `METHOD address`, then headers as `Name: value`, then a body if there is one.
 * Words in braces are chosen per request (`choices.ts`); on the store that never held it, what is hidden is an id of nothing. Of each reply the
 * status, every header and every byte are compared; `walk` follows its pages, `reuse` presents its page link as somebody else.
 */
export interface Attack {
  readonly id: string
  readonly about: string
  readonly as: readonly string[]
  readonly requests: readonly string[]
  readonly follow?: 'walk' | 'reuse'
}

const doctor = ['tertiary-doctor'] as const
const people = ['tertiary-doctor', 'tertiary-doctor', 'tertiary-coordinator', 'patient-1'] as const
const everybody = [...people, 'tertiary-system', 'privacy-officer', 'auditor', 'integrator'] as const
const types = ['Condition', 'Observation', 'Encounter', 'DiagnosticReport', 'MedicationRequest', 'Composition', 'DocumentReference', 'List'] as const
const each = (make: (type: string) => string): readonly string[] => types.map(make)
const batch = (entries: string): string => `POST \n\n{"resourceType":"Bundle","type":"batch","entry":[${entries}]}`
const entry = (method: string, url: string): string => `{"request":{"method":"${method}","url":"${url}"}}`

export const attacks: readonly Attack[] = [
  {
    id: 'has-chain',
    about: 'a person is found through a hidden record of theirs (_has)',
    as: doctor,
    requests: ['GET Patient?_has:Condition:patient:code={code}', 'GET Patient?_has:Observation:patient:date={date}', 'GET Patient?_id={person}&_has:Condition:patient:code={code}'],
  },
  {
    id: 'forward-chain',
    about: 'a record is found through a hidden person or record (chained parameters)',
    as: doctor,
    requests: ['GET Observation?subject.identifier={number}', 'GET Condition?patient.name={name}', 'GET Condition?encounter.type={code}', 'GET DiagnosticReport?result.code={code}', 'GET Condition?subject:Patient.birthdate={birth}'],
  },
  {
    id: 'value-range',
    about: 'a hidden date or value is narrowed down by halves',
    as: doctor,
    requests: ['GET Observation?patient={person}&date={prefix}{date}', 'GET Condition?patient={person}&recorded-date={prefix}{date}', 'GET Encounter?patient={person}&date={prefix}{date}', 'GET Observation?patient={person}&value-quantity={prefix}{value}', 'GET Condition?_lastUpdated={prefix}{date}&patient={person}', 'GET MedicationRequest?patient={person}&authoredon={prefix}{date}'],
  },
  {
    id: 'missing-and-not',
    about: 'absence tells of a hidden element (:missing, :not)',
    as: doctor,
    requests: ['GET Condition?patient={person}&encounter:missing={bool}', 'GET Condition?patient={person}&code:not={code}', 'GET DiagnosticReport?patient={person}&result:missing={bool}', 'GET Condition?patient={person}&evidence-detail:missing={bool}', 'GET Encounter?patient={person}&diagnosis:missing={bool}', 'GET DocumentReference?patient={person}&encounter:missing={bool}', 'GET Composition?patient={person}&entry:missing={bool}', 'GET Condition?code:not-in={code}', 'GET Patient?birthdate:missing={bool}'],
  },
  {
    id: 'filter-expression',
    about: 'expressions that mix what may be seen with what may not (_filter, composite)',
    as: doctor,
    requests: ['GET Condition?patient={person}&_filter=code eq {code}', 'GET Observation?patient={person}&code-value-quantity={code}$gt{value}', 'GET Observation?patient={person}&combo-code={code}'],
  },
  {
    id: 'full-text',
    about: 'words of hidden records and narratives are searched for',
    as: doctor,
    requests: ['GET Composition?patient={person}&_text={word}', 'GET Condition?_content={word}', 'GET Composition?patient={person}&title:contains={word}', 'GET DocumentReference?patient={person}&description={word}'],
  },
  {
    id: 'membership',
    about: 'lists and groups tell who is in them',
    as: doctor,
    requests: ['GET Condition?_list={hidden:List}', 'GET Patient?_list={hidden:List}', 'GET List?_id={hidden:List}', 'GET List?_id={visible:List}', 'GET Group/{random}', 'GET List/{any:List}', 'GET List'],
  },
  {
    id: 'counts',
    about: 'totals count what may not be seen',
    as: people,
    requests: each((type) => `GET ${type}?patient={person}&_total={total}`).concat(each((type) => `GET ${type}?patient={person}&_summary={summary}`), each((type) => `GET ${type}?_count=0`), ['GET Patient?_count=0', 'GET Patient?_summary=count', 'GET Condition?patient={person}&code={code}&_count=0', 'GET Condition?code={code}&_total=accurate']),
  },
  {
    id: 'page-arithmetic',
    about: 'short pages and gaps between them',
    as: doctor,
    follow: 'walk',
    requests: ['GET Condition?patient={person}&_count={small}&_sort={direction}code', 'GET Condition?patient={person}&_count={small}', 'GET Observation?patient={person}&_count={small}&_sort={direction}date', 'GET Patient?_count={small}&_sort={direction}birthdate', 'GET Encounter?_count={small}', 'GET Condition?_count={small}&_sort={direction}_lastUpdated', 'GET DiagnosticReport?patient={person}&_count=1'],
  },
  {
    id: 'page-link',
    about: 'the page link of somebody else is presented, or an edited one',
    as: doctor,
    follow: 'reuse',
    requests: ['GET Condition?patient={person}&_count=1', 'GET Observation?patient={person}&_count=1', 'GET Patient?_count=1', 'GET Condition?_page={random}', 'GET Condition?_offset={small}&patient={person}', 'GET Condition?patient={person}&page={small}'],
  },
  {
    id: 'sort-order',
    about: 'the order shows a hidden element',
    as: doctor,
    requests: ['GET Condition?patient={person}&_sort={direction}code', 'GET Condition?patient={person}&_sort={direction}encounter,code', 'GET Condition?patient={person}&_sort={direction}evidence-detail,-code', 'GET Condition?patient={person}&_sort={direction}recorded-date,code', 'GET Encounter?patient={person}&_sort={direction}diagnosis,date', 'GET Condition?patient={person}&_sort={direction}_lastUpdated', 'GET Patient?_sort={direction}birthdate', 'GET Patient?_sort={direction}name', 'GET Observation?patient={person}&_sort=value-quantity'],
  },
  {
    id: 'elements',
    about: 'which elements are named, and whether a reply says it is not whole',
    as: doctor,
    requests: ['GET DiagnosticReport?patient={person}&_elements=result', 'GET Condition?patient={person}&_elements=evidence', 'GET Condition/{any:Condition}?_elements=code', 'GET Composition/{any:Composition}?_summary=text', 'GET Encounter?patient={person}&_summary=true'],
  },
  {
    id: 'includes',
    about: 'a hidden record comes along with a visible one',
    as: doctor,
    requests: ['GET DiagnosticReport?patient={person}&_include=DiagnosticReport:result', 'GET Condition?patient={person}&_include=Condition:encounter', 'GET Encounter?patient={person}&_revinclude=Condition:encounter', 'GET Patient?_id={person}&_revinclude=*', 'GET Composition?patient={person}&_include:iterate=*', 'GET Condition?_id={any:Condition}&_include=*'],
  },
  {
    id: 'contained',
    about: 'contained resources, and search inside them',
    as: doctor,
    requests: ['GET Condition?patient={person}&_contained=true', 'GET Observation?_contained=both&_containedType=contained', 'GET Condition/{hidden:Condition}%23{random}', 'GET MedicationRequest/{any:MedicationRequest}'],
  },
  {
    id: 'reference-words',
    about: 'a visible record names a hidden one: reference, identifier, type, display',
    as: doctor,
    requests: each((type) => `GET ${type}/{visible:${type}}`).concat(each((type) => `GET ${type}?patient={person}`), ['GET List/{visible:List}', 'GET Patient/{person}/$everything', 'GET DiagnosticReport/{visible:DiagnosticReport}', 'GET Composition/{visible:Composition}']),
  },
  {
    id: 'reference-search',
    about: 'a visible record is found by the hidden one it points at',
    as: doctor,
    requests: ['GET DiagnosticReport?result={any:Observation}', 'GET DiagnosticReport?patient={person}&result=Observation/{hidden:Observation}', 'GET Condition?encounter={any:Encounter}', 'GET Condition?patient={person}&encounter={hidden:Encounter}', 'GET Condition?patient={person}&evidence-detail={any:Observation}', 'GET Encounter?patient={person}&diagnosis={any:Condition}', 'GET Encounter?diagnosis=Condition/{hidden:Condition}&patient={person}', 'GET Composition?patient={person}&entry={any:Condition}', 'GET Composition?patient={person}&entry={any:Observation}', 'GET DocumentReference?patient={person}&encounter={any:Encounter}'],
  },
  {
    id: 'narrative',
    about: 'text written for people repeats what is refused',
    as: doctor,
    requests: ['GET Composition/{visible:Composition}', 'GET List/{visible:List}', 'GET DiagnosticReport/{visible:DiagnosticReport}', 'GET Condition/{visible:Condition}', 'GET Patient/{person}/$summary', 'GET Composition?patient={person}', 'GET Composition/{visible:Composition}/_history'],
  },
  {
    id: 'history',
    about: 'older versions, and the history of what is hidden',
    as: everybody,
    requests: each((type) => `GET ${type}/{hidden:${type}}/_history`).concat(each((type) => `GET ${type}/{any:${type}}/_history/{version}`), each((type) => `GET ${type}/{visible:${type}}/_history`), ['GET Patient/{person}/_history', 'GET Patient/{stranger}/_history/{version}']),
  },
  {
    id: 'type-history',
    about: 'the feed of a type or of everything',
    as: people,
    requests: ['GET Condition/_history', 'GET _history', 'GET Patient/_history?_since={date}', 'GET Condition/_history?_count={small}'],
  },
  {
    id: 'version-tokens',
    about: 'ETag, Last-Modified and version numbers move when something hidden does',
    as: doctor,
    requests: ['GET Patient/{person}', 'GET Condition/{visible:Condition}', 'HEAD Encounter/{visible:Encounter}', 'GET Patient?_id={person}', 'HEAD Patient/{person}', 'GET Patient/{person}\nIf-None-Match: W/"{random}"', 'GET Patient?_lastUpdated={prefix}{date}'],
  },
  {
    id: 'conditions',
    about: 'versions are guessed with If-Match and If-None-Match',
    as: everybody,
    requests: ['GET Condition/{hidden:Condition}\nIf-None-Match: W/"{version}"', 'HEAD Condition/{hidden:Condition}\nIf-None-Match: W/"{version}"', 'GET Observation/{any:Observation}\nIf-None-Match: *', 'PUT Condition/{hidden:Condition}\nIf-Match: W/"{version}"\n\n{condition:{hidden:Condition}}', 'PUT Condition/{hidden:Condition}\nIf-None-Match: *\n\n{condition:{hidden:Condition}}', 'DELETE Observation/{hidden:Observation}\nIf-Match: W/"{version}"', 'GET Condition/{hidden:Condition}\nIf-Modified-Since: Thu, 01 Jan 2026 00:00:00 GMT'],
  },
  {
    id: 'hidden-or-missing',
    about: 'a hidden id, a deleted one and one of nothing get one answer',
    as: everybody,
    requests: each((type) => `GET ${type}/{hidden:${type}}`).concat(each((type) => `HEAD ${type}/{hidden:${type}}`), ['OPTIONS Condition/{hidden:Condition}', 'DELETE Condition/{hidden:Condition}', 'GET Patient/{stranger}', 'HEAD Patient/{stranger}', 'GET Condition?_id={hidden:Condition}', 'GET Condition?_id={hidden:Condition},{visible:Condition}', 'GET Observation?_id={hidden:Observation}']),
  },
  {
    id: 'spellings',
    about: 'the same id in other words: local ids, other types, other cases, record ids of persons',
    as: everybody,
    requests: ['GET Condition/{local:Condition}', 'GET Observation/{hidden:Condition}', 'GET Condition/{upper:Condition}', 'GET Condition/{hidden:Condition}/', 'GET Condition/%20{hidden:Condition}', 'GET Patient/{hidden:Patient}', 'GET Patient?_id={hidden:Patient}', 'GET Condition?patient={hidden:Patient}', 'GET Condition?patient=Patient/{hidden:Patient}', 'GET Condition?subject={stranger}', 'GET Patient/{local:Patient}', 'GET Patient/{local:Patient}/$summary', 'GET Condition?encounter=Encounter/{local:Encounter}', 'GET Condition?subject:Patient={stranger}'],
  },
  {
    id: 'everything',
    about: '$everything and $summary of whom one may ask about, and of whom one may not',
    as: [...doctor, 'tertiary-system', 'patient-1'],
    requests: ['GET Patient/{person}/$everything', 'GET Patient/{person}/$summary', 'GET Patient/{stranger}/$everything', 'GET Patient/{stranger}/$summary', 'GET Patient/{person}/$everything?_type={type}', 'GET Patient/{person}/$everything?_type=Patient', 'POST Patient/{person}/$summary\n\n{}', 'GET Patient/{person}/$everything?_since={date}', 'GET Patient/{person}/$document', 'GET Observation/$lastn?patient={person}', 'GET Composition/{any:Composition}/$document'],
  },
  {
    id: 'match',
    about: 'whether somebody is known, by $match and by demographics',
    as: [...doctor, 'tertiary-system'],
    requests: ['POST Patient/$match\n\n{demographics}', 'POST Patient/$match\n\n{"resourceType":"Parameters","parameter":[{"name":"resource","resource":{demographics}}]}', 'GET Patient?birthdate={birth}', 'GET Patient?name={name}', 'GET Patient?identifier={number}', 'GET Patient?name={name}&birthdate={birth}', 'GET Patient?phone={word}', 'GET Patient?name:exact={name}&_count=0', 'GET Patient'],
  },
  {
    id: 'compartment',
    about: 'search in the compartment of a person',
    as: people,
    requests: ['GET Patient/{person}/Condition', 'GET Patient/{stranger}/Observation?code={code}', 'GET Encounter/{hidden:Encounter}/Condition', 'GET Patient/{person}/*'],
  },
  {
    id: 'batch',
    about: 'entries of a batch that reach where a request would not',
    as: people,
    requests: [
      batch(entry('GET', 'Condition/{hidden:Condition}')),
      batch([entry('GET', 'Condition?patient={person}'), entry('GET', 'Observation/{any:Observation}/_history/{version}')].join(',')),
      batch([entry('GET', 'Patient/{stranger}/$summary'), entry('GET', 'Patient/{person}/$everything')].join(',')),
      batch(entry('GET', '/fhir/R4/Condition/{hidden:Condition}')),
      batch(entry('GET', 'http://127.0.0.1:1/fhir/R4/Condition/{hidden:Condition}')),
      batch([entry('GET', 'Patient/../Condition/{hidden:Condition}'), entry('DELETE', 'Condition/{hidden:Condition}'), entry('HEAD', 'Condition/{hidden:Condition}')].join(',')),
      batch(entry('GET', 'DiagnosticReport/{visible:DiagnosticReport}')),
      batch([entry('GET', 'Condition?code={code}'), entry('GET', 'Condition?encounter={any:Encounter}&_count=0')].join(',')),
    ],
  },
  {
    id: 'transaction',
    about: 'what a transaction answers, and what it may point at',
    as: [...doctor, 'tertiary-system', 'tertiary-coordinator'],
    requests: [
      'POST \n\n{"resourceType":"Bundle","type":"transaction","entry":[{"request":{"method":"GET","url":"Condition/{hidden:Condition}"}}]}',
      'POST \n\n{"resourceType":"Bundle","type":"transaction","entry":[{"resource":{condition:{hidden:Condition}},"request":{"method":"PUT","url":"Condition/{hidden:Condition}","ifMatch":"W/\\"{version}\\""}}]}',
      'POST \n\n{"resourceType":"Bundle","type":"transaction","entry":[{"resource":{condition:x-1},"request":{"method":"POST","url":"Condition","ifNoneExist":"identifier={any-identifier}"}}]}',
      'POST \n\n{"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"resourceType":"Observation","id":"x-2","status":"final","code":{"text":"x"},"subject":{"reference":"Patient?identifier={number}"}},"request":{"method":"PUT","url":"Observation/x-2"}}]}',
      'POST $process-message\n\n{"resourceType":"Bundle","type":"message","entry":[]}',
    ],
  },
  {
    id: 'conditional-write',
    about: 'conditional writes count hidden matches',
    as: [...doctor, 'tertiary-system'],
    requests: ['POST Condition\nIf-None-Exist: identifier={any-identifier}\n\n{condition:x-3}', 'PUT Condition?identifier={any-identifier}\n\n{condition:x-4}', 'DELETE Condition?identifier={any-identifier}', 'PATCH Condition?identifier={any-identifier}\nContent-Type: application/json-patch+json\n\n[]', 'PUT Patient?identifier={number}\n\n{demographics}'],
  },
  {
    id: 'write-reference',
    about: 'a write points at a guessed id and is checked, or not, alike; then it is read back',
    as: ['tertiary-system'],
    requests: ['PUT Observation/w-1\nPrefer: return=representation\n\n{observation:w-1:{hidden:Condition}}', 'GET Observation/w-1', 'PUT Observation/w-2\n\n{observation:w-2:{local:Condition}}', 'GET Observation/w-2', 'PUT Condition/{hidden:Condition}\nPrefer: return=representation\n\n{condition:{hidden:Condition}}', 'GET Condition?encounter={hidden:Encounter}', 'GET Condition/{hidden:Condition}/_history', 'PUT Condition/{local:Condition}\n\n{condition:{local:Condition}}'],
  },
  {
    id: 'widening-writes',
    about: 'a consent, a link or a label is written to see more',
    as: [...doctor, 'patient-1', 'tertiary-system', 'privacy-officer'],
    requests: ['PATCH Condition/{hidden:Condition}\nContent-Type: application/json-patch+json\n\n[{"op":"remove","path":"/meta/security"}]', 'PATCH Task/{random}\nContent-Type: application/json-patch+json\nIf-Match: W/"1"\n\n[]', 'POST Consent\n\n{consent:{stranger-or-random}}', 'PUT Consent/{random}\nIf-Match: W/"1"\n\n{consent:{stranger-or-random}}', 'PUT Task/{hidden:Condition}\nIf-Match: W/"1"\n\n{"resourceType":"Task","id":"{hidden:Condition}","status":"completed","intent":"order"}', 'GET Consent?patient={person}', 'GET Task?patient={person}', 'GET Task/{hidden:Condition}/$available-actions'],
  },
  {
    id: 'error-texts',
    about: 'what an error says of what is stored',
    as: everybody,
    requests: ['PUT Condition/{hidden:Condition}\n\n{"resourceType":"Condition","id":"{random}"}', 'POST Condition\n\n{"resourceType":"Condition","subject":{"reference":"Patient/{stranger}"},"secret":1}', 'GET Condition?patient={stranger}&unknown={code}', 'GET Condition/{hidden:Condition}/_history/x', 'GET Condition?_sort=unknown&patient={person}', 'GET Condition?recorded-date={word}', 'GET Unknown/{hidden:Condition}', 'POST Condition/{hidden:Condition}\n\n{}', 'GET Condition/{hidden:Condition}\nAccept: text/html'],
  },
  {
    id: 'files',
    about: 'a file by its id, and parts of one',
    as: everybody,
    requests: ['GET Binary/{hidden:Binary}', 'GET Binary/{hidden:Binary}\nRange: bytes=0-3', 'GET Binary/{hidden:Binary}\nAccept: text/plain', 'HEAD Binary/{hidden:Binary}', 'GET Binary?_id={hidden:Binary}', 'GET DocumentReference/{any:DocumentReference}', 'GET DocumentReference?patient={person}', 'GET DocumentReference?location=Binary/{hidden:Binary}'],
  },
  {
    id: 'post-search',
    about: 'search by POST',
    as: people,
    requests: each((type) => `POST ${type}/_search\nContent-Type: application/x-www-form-urlencoded\n\npatient={person}&_count={small}`).concat(['POST Condition/_search\nContent-Type: application/x-www-form-urlencoded\n\n_id={hidden:Condition}', 'POST Condition/_search\nContent-Type: application/x-www-form-urlencoded\n\ncode={code}', 'POST Patient/_search\nContent-Type: application/x-www-form-urlencoded\n\nidentifier={number}', 'POST Patient/_search?birthdate={birth}\nContent-Type: application/x-www-form-urlencoded\n\n', 'POST Condition/_search?patient={person}\nContent-Type: application/x-www-form-urlencoded\n\ncode={code}']),
  },
  {
    id: 'identifier-search',
    about: 'a record is found by its business identifier or by a code only it has',
    as: people,
    requests: ['GET Condition?identifier={any-identifier}', 'GET Observation?identifier={any-identifier}', 'GET Condition?code={code}', 'GET Condition?patient={person}&code={code}', 'GET Condition?patient={person},{stranger}', 'GET Condition?patient={stranger}', 'GET Encounter?patient={stranger}&_count=1', 'GET Condition?_tag={word}', 'GET Observation?_profile={word}', 'GET MedicationRequest?patient={person}&code={code}'],
  },
  {
    id: 'audit-log',
    about: 'the audit log tells of others',
    as: ['tertiary-doctor', 'patient-1', 'tertiary-system'],
    requests: ['GET AuditEvent?patient={stranger}', 'GET AuditEvent?patient={person}&_count=0', 'GET AuditEvent/{random}', 'GET AuditEvent/{hidden:Condition}', 'GET AuditEvent?entity=Condition/{hidden:Condition}', 'GET AuditEvent/{random}/$inclusion-proof', 'GET AuditEvent?_count=2'],
  },
  {
    id: 'tenant-swap',
    about: 'another institution is named in a header or in the address',
    as: [...doctor, 'tertiary-system'],
    requests: ['GET Condition/{hidden:Condition}\nX-Tenant-Id: hospital', 'GET Condition/{hidden:Condition}\nX-Forwarded-For: 127.0.0.1', 'GET Condition?_institution=hospital&patient={person}', 'GET hospital/Condition/{hidden:Condition}', 'GET Condition/{hidden:Condition}\nX-Consent-Scope: btg/BTG'],
  },
  {
    id: 'other-doors',
    about: 'doors that are not offered: GraphQL, export, subscriptions, closures',
    as: people,
    requests: ['GET $graphql?query={word}', 'GET Patient/$export', 'GET Group/{random}/$export', 'POST Subscription\n\n{"resourceType":"Subscription","status":"requested"}', 'GET $export', 'GET Patient/{stranger}/$graphql', 'GET Condition/{hidden:Condition}/$validate', 'GET Condition/{hidden:Condition}/$meta', 'GET Endpoint', 'GET metadata'],
  },
]
