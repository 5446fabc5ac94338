/** JSON Schema of the mapping file (data). What it cannot say is in `mapping-faults.ts`. */

const name = { type: 'string', pattern: '^[\\p{L}_][\\p{L}\\p{N}_$#]*(\\.[\\p{L}_][\\p{L}\\p{N}_$#]*)*$', maxLength: 128 }
const column = { type: 'string', pattern: '^[\\p{L}_][\\p{L}\\p{N}_$#]*$', maxLength: 128 }
const columnList = { type: 'array', items: column, uniqueItems: true }
const place = { type: 'string', pattern: '^[a-z][A-Za-z0-9]*(\\[[0-9]\\])?(\\.[a-z][A-Za-z0-9]*(\\[[0-9]\\])?)*$' }
const mapName = { type: 'string', minLength: 1 }
const idPrefix = { type: 'string', pattern: '^[A-Za-z0-9-]{0,16}$' }
const resource = {
  enum: ['Patient', 'Encounter', 'Condition', 'MedicationRequest', 'Observation', 'AllergyIntolerance', 'Procedure', 'Immunization'],
}

function closed(properties: Readonly<Record<string, unknown>>, required: readonly string[]) {
  return { type: 'object', additionalProperties: false, properties, required }
}

function rule(as: unknown, properties: Readonly<Record<string, unknown>>, required: readonly string[]) {
  return closed({ to: place, as, ...properties }, ['to', 'as', ...required])
}

const elementRule = {
  type: 'object',
  discriminator: { propertyName: 'as' },
  required: ['as'],
  oneOf: [
    rule({ const: 'constant' }, { value: {}, when: column }, ['value']),
    rule({ enum: ['text', 'date', 'dateTime', 'instant', 'number', 'patientNumber'] }, { column }, ['column']),
    rule({ const: 'code' }, { column, values: mapName, otherwise: { type: 'string' } }, ['column', 'values']),
    rule({ const: 'concept' }, { column, concept: mapName, text: column, ingredients: { type: 'boolean' } }, ['column', 'concept']),
    rule({ const: 'reference' }, { column, type: resource, idPrefix }, ['column', 'type']),
    rule({ const: 'quantity' }, { column, unit: column, units: mapName, unitCode: { type: 'string', minLength: 1 }, words: place }, [
      'column',
    ]),
  ],
}

const relation = { view: name, change: column, key: { ...columnList, minItems: 1 }, residentNumbers: columnList }
const relationRequired = ['view', 'change', 'key']

const coding = closed({ system: { type: 'string', minLength: 1 }, code: { type: 'string', minLength: 1 }, display: { type: 'string' } }, [
  'system',
  'code',
])

const conceptMap = closed(
  {
    entries: { type: 'object', additionalProperties: { type: 'array', items: coding, minItems: 1 } },
    otherwise: closed({ system: { type: 'string', minLength: 1 }, form: { enum: ['kcd', 'edi', 'ucum'] } }, ['system', 'form']),
  },
  ['entries'],
)

const outbox = closed(
  {
    ...relation,
    columns: closed(
      Object.fromEntries(
        [
          'number',
          'patient',
          'writtenAt',
          'department',
          'toInstitution',
          'reason',
          'referralReason',
          'diagnosis',
          'note',
          'urgency',
          'insurance',
          'consentSignedBy',
          'consentRelation',
          'consentSignedAt',
          'consentUntil',
          'consentForm',
        ].map((field) => [field, column]),
      ),
      ['number', 'patient', 'writtenAt'],
    ),
    concepts: closed({ department: mapName, referralReason: mapName, diagnosis: mapName, insurance: mapName }, []),
    values: closed({ urgency: mapName, consentRelation: mapName }, []),
  },
  [...relationRequired, 'columns'],
)

const fact = {
  enum: [
    'parcel',
    'kind',
    'patientNumber',
    'patientName',
    'birthDate',
    'phone',
    'status',
    'statusReason',
    'reportText',
    'placerNumber',
    'fromInstitutionNumber',
    'fromInstitutionName',
    'receivedAt',
    'department',
    'reason',
    'diagnosis',
    'urgency',
    'recalled',
  ],
}

const inboxColumn = {
  oneOf: [
    closed({ fact, values: mapName, date: { enum: ['yyyyMMddHHmm', 'yyyyMMdd', 'iso'] } }, ['fact']),
    closed({ constant: { type: ['string', 'number'] } }, ['constant']),
  ],
}

const inbox = closed(
  { table: name, key: column, columns: { type: 'object', minProperties: 1, propertyNames: column, additionalProperties: inboxColumn } },
  ['table', 'key', 'columns'],
)

const answers = closed(
  {
    ...relation,
    columns: closed({ parcel: column, status: column, reason: column, report: column, patient: column, answeredAt: column }, [
      'parcel',
      'status',
    ]),
    values: closed({ status: mapName }, []),
  },
  [...relationRequired, 'columns'],
)

export const mappingSchema = closed(
  {
    utcOffset: { type: 'string', pattern: '^[+-](0[0-9]|1[0-4]):[0-5][0-9]$' },
    values: { type: 'object', additionalProperties: { type: 'object', additionalProperties: { type: 'string', minLength: 1 } } },
    concepts: { type: 'object', additionalProperties: conceptMap },
    views: {
      type: 'array',
      items: closed({ ...relation, resource, idPrefix, elements: { type: 'array', items: elementRule, minItems: 1 } }, [
        ...relationRequired,
        'resource',
        'elements',
      ]),
    },
    outbox,
    inbox,
    answers,
  },
  ['utcOffset', 'values', 'concepts', 'views'],
)
