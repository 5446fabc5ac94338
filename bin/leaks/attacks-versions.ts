/** Attacks by version and by condition: feeds with a since or at, meta, conditional requests, patches in both languages. */
import { doctor, each, everybody, people, type Attack } from './attack.ts'

const conditional = 'Content-Type: application/json-patch+json'
const fhirPath = 'Content-Type: application/fhir+json'
const parameters = (parts: string): string => `{"resourceType":"Parameters","parameter":[{"name":"operation","part":[${parts}]}]}`
const replace = (path: string): string =>
  parameters(`{"name":"type","valueCode":"replace"},{"name":"path","valueString":"${path}"},{"name":"value","valueString":"x"}`)
const remove = (path: string): string => parameters(`{"name":"type","valueCode":"delete"},{"name":"path","valueString":"${path}"}`)

export const versions: readonly Attack[] = [
  {
    id: 'feed',
    about: 'the feed of each type, since or at a time, in pages',
    as: people,
    follow: 'walk',
    requests: each((type) => `GET ${type}/_history`).concat(
      each((type) => `GET ${type}/_history?_since={date}&_count={small}`),
      each((type) => `GET ${type}/_history?_at={date}`),
      [
        'GET Condition/_history?_count=1',
        'GET Encounter/_history?_since=2026-01-01&_elements=diagnosis',
        'GET Composition/_history?_summary=text',
        'GET Patient/_history?_count={small}',
        'GET Binary/_history',
        'GET Consent/_history',
      ],
    ),
  },
  {
    id: 'feed-of-all',
    about: 'the feed of a whole partition, and of one record, since or at a time',
    as: [...everybody, 'tertiary-system', 'tertiary-system'],
    follow: 'walk',
    requests: [
      'GET _history?_since={date}',
      'GET _history?_at={date}&_count={small}',
      'GET _history?_count=2',
      'GET Condition/{any:Condition}/_history?_since={date}',
      'GET Condition/{any:Condition}/_history?_at={date}',
      'GET Condition/{linking:Condition}/_history?_count=1',
      'GET Encounter/{linking:Encounter}/_history?_summary=data',
      'GET Condition/{hidden:Condition}/_history?_count=1',
      'GET Condition/{any:Condition}/_history?_sort=_lastUpdated',
    ],
  },
  {
    id: 'feed-link-of-another',
    about: 'the link to the next page of a history, presented by somebody else',
    as: doctor,
    follow: 'reuse',
    requests: ['GET Condition/_history?_count=1', 'GET Observation/_history?_count=1&_since=2020', 'GET Condition/_history?_page={random}'],
  },
  {
    id: 'meta',
    about: 'the meta of what is hidden, of its versions and of what names it',
    as: everybody,
    requests: each((type) => `GET ${type}/{hidden:${type}}/$meta`).concat(
      each((type) => `GET ${type}/{any:${type}}/$meta`),
      [
        'GET Condition/{hidden:Condition}/_history/1/$meta',
        'GET Condition/$meta',
        'GET $meta',
        'GET Patient/{stranger}/$meta',
        'POST Condition/{hidden:Condition}/$meta-delete\n\n{"resourceType":"Parameters"}',
        'POST Condition/{hidden:Condition}/$meta\n\n{"resourceType":"Parameters"}',
      ],
    ),
  },
  {
    id: 'modified-since',
    about: 'whether something changed: If-Modified-Since and If-None-Match of reads, versions and feeds',
    as: everybody,
    requests: each((type) => `GET ${type}/{any:${type}}\nIf-Modified-Since: Thu, 01 Jan 2026 00:00:00 GMT`).concat(
      each((type) => `HEAD ${type}/{hidden:${type}}\nIf-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT`),
      [
        'GET Condition/{any:Condition}\nIf-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT',
        'GET Condition/{any:Condition}/_history/1\nIf-None-Match: W/"1"',
        'GET Patient/{person}\nIf-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT',
        'GET Patient/{stranger}\nIf-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT',
        'GET Condition?patient={person}\nIf-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT',
        'GET Condition/_history\nIf-None-Match: *',
        'GET Condition/{hidden:Condition}\nIf-Modified-Since: yesterday',
      ],
    ),
  },
  {
    id: 'conditional-writes-further',
    about: 'writes by criteria that meet hidden records: which, how many, of whom',
    as: [...doctor, 'tertiary-system', 'tertiary-system', 'patient-1'],
    requests: [
      'PUT Observation?identifier={any-identifier}\n\n{observation:x-5:{hidden:Observation}}',
      'PUT Condition?patient={person}&code={code}\n\n{condition:x-6}',
      'PUT Condition?_id={hidden:Condition}\n\n{condition:x-7}',
      `PATCH Condition?code={code}\n${conditional}\n\n[{"op":"replace","path":"/code/text","value":"x"}]`,
      `PATCH Condition?encounter={hidden:Encounter}\n${fhirPath}\n\n${replace('Condition.code.text')}`,
      'DELETE Observation?identifier={any-identifier}',
      'DELETE Condition?encounter={linked:Encounter}',
      'DELETE Condition?_has:Composition:entry:_id={hidden:Composition}',
      'DELETE Condition?patient.identifier={number}',
      'POST Observation\nIf-None-Exist: code={code}&patient={person}\n\n{observation:x-8:{hidden:Condition}}',
      'POST Condition\nIf-None-Exist: _id={hidden:Condition}\nPrefer: return=representation\n\n{condition:x-9}',
      'PUT Condition?identifier={any-identifier}\nIf-Match: W/"{version}"\n\n{condition:x-10}',
    ],
  },
  {
    id: 'fhirpath-patch',
    about: 'a patch in FHIRPath or JSON of what is hidden: whether its path or test holds',
    as: [...doctor, 'tertiary-system', 'patient-1', 'privacy-officer'],
    requests: [
      `PATCH Condition/{hidden:Condition}\n${fhirPath}\n\n${replace('Condition.code.text')}`,
      `PATCH Condition/{hidden:Condition}\n${fhirPath}\nIf-Match: W/"{version}"\n\n${remove('Condition.encounter')}`,
      `PATCH Condition/{any:Condition}\n${fhirPath}\n\n${remove('Condition.evidence.where(detail.reference.exists())')}`,
      `PATCH Condition/{local:Condition}\n${fhirPath}\n\n${remove('Condition.meta.security')}`,
      `PATCH Condition/{hidden:Condition}\n${conditional}\n\n[{"op":"test","path":"/code/coding/0/code","value":"{code}"}]`,
      `PATCH Observation/{any:Observation}\n${conditional}\n\n[{"op":"test","path":"/status","value":"final"}]`,
      `PATCH Patient/{stranger}\n${fhirPath}\n\n${remove('Patient.name')}`,
      `PATCH Patient/{person}\n${fhirPath}\n\n${remove('Patient.name')}`,
    ],
  },
]
