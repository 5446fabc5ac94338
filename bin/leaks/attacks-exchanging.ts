/** Attacks by what is exchanged in bulk or by notice: exports, their files, subscriptions and what they tell again. */
import { doctor, everybody, type Attack } from './attack.ts'

const later = '\nPrefer: respond-async'
const subscription = (more: string): string =>
  `POST Subscription\n\n{"resourceType":"Subscription","status":"requested","reason":"x","criteria":"https://care-network.kr/fhir/SubscriptionTopic/referral-task","channel":{"type":"rest-hook","endpoint":"https://127.0.0.1:1/x"}${more}}`

export const exchanges: readonly Attack[] = [
  {
    id: 'export',
    about: 'a bulk export: which files there are, and every line of them',
    as: [...doctor, ...doctor, 'tertiary-system'],
    follow: 'export',
    requests: [
      `GET Patient/$export${later}`,
      `GET Patient/$export?_type={type}${later}`,
      `GET Patient/$export?_since={date}&_type=Patient,Condition,Observation${later}`,
      `GET Group/open-referrals/$export${later}`,
      `GET Group/{hidden:Group}/$export${later}`,
      `POST Patient/$export${later}\n\n{"resourceType":"Parameters","parameter":[{"name":"_type","valueString":"Encounter,Composition"}]}`,
    ],
  },
  {
    id: 'export-refused-since',
    about: 'a file of an export is fetched after somebody in it has refused',
    as: doctor,
    follow: 'export-refused',
    requests: [`GET Patient/$export${later}`, `GET Patient/$export?_type=Condition,Encounter,Observation${later}`],
  },
  {
    id: 'export-of-another',
    about: 'exports and files of somebody else, or of nobody',
    as: everybody,
    requests: [
      'GET $export/{random}',
      'GET $export-file/{random}.1',
      'GET $export-file/{hidden:Condition}.1',
      'DELETE $export/{random}',
      'GET Patient/$export?_typeFilter=Condition%3Fcode%3D{code}\nPrefer: respond-async',
      'GET Group/{hidden:Condition}/$export\nPrefer: respond-async',
    ],
  },
  {
    id: 'subscriptions',
    about: 'subscriptions of others, events again, records in notices',
    as: [...everybody, 'tertiary-system', 'tertiary-coordinator'],
    requests: [
      'GET Subscription',
      'GET Subscription/{random}',
      'GET Subscription/{hidden:Condition}/$status',
      'GET Subscription/{random}/$events?eventsSinceNumber=1',
      'DELETE Subscription/{random}',
      'GET Subscription?criteria={word}',
      subscription(''),
      subscription(
        ',"_criteria":{"extension":[{"url":"http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-filter-criteria","valueString":"Task?patient={stranger}"}]}',
      ),
    ],
  },
]
