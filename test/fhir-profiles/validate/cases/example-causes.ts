/** Why an example of others is refused: one row for each cause, found by what the finding says of it. */
import type { Finding } from '../../../../fhir-profiles/validate/validator.ts'

type Told = Pick<Finding, 'expression' | 'diagnostics'> & { readonly id: string }

interface Cause {
  readonly ids: readonly string[]
  /** in the expression or the words */
  readonly about?: RegExp
  readonly why: string
}

const notR4 =
  'Not R4: an element R4 does not have, a list where there is one or the reverse, or an element that is required and missing. The publisher’s JSON was written by hand.'

const causes: readonly Cause[] = [
  {
    ids: ['extension-value'],
    about: /^StructureDefinition/,
    why: 'ext-1: an obligation of KR Core has a `valueString` beside its own extensions.',
  },
  {
    ids: ['xml-order'],
    why: 'In XML the elements stand in the order of the definition; here `extension` stands before `meta`, or a part of a datatype before the one it follows.',
  },
  {
    ids: ['code-unknown', 'code-not-in-value-set'],
    about: /v2-0203|v3-ParticipationMode|coverage-selfpay|endpoint-payload-type/,
    why: 'The code came into its HL7 code system after R4 4.0.1, or the publisher made it up; KR Core asks to reject what a known system does not have.',
  },
  {
    ids: ['code-not-in-value-set', 'code-missing'],
    about: /all-languages|issue-type/,
    why: 'Not in a value set R4 requires: a language that is no tag of RFC 5646, or an issue type of its own making.',
  },
  {
    ids: ['answer-missing'],
    why: 'The response is `completed`, and required groups of the Questionnaire in the same Bundle have no answer.',
  },
  {
    ids: ['too-few', 'invariant', 'code-missing', 'pattern-not-met'],
    about: /StructureDefinition\/(?:bp|bmi|bodyheight|bodyweight)\b|^vs-\d/,
    why: 'R4 holds every Observation of a vital sign against its profile, claimed or not; its category or its parts are missing (as the publisher of the cases says).',
  },
  { ids: ['invariant'], about: /^cmp-1/, why: 'cmp-1: a section has neither text nor entries.' },
  {
    ids: ['bundle-reference', 'bundle-not-reached', 'bundle-full-url-differs'],
    why: 'A document Bundle has to hold the subject of its Composition, and nothing that no link leads to; a `fullUrl` ends with the id of its resource.',
  },
  {
    ids: ['invariant'],
    about: /^(?:bdl|app)-\d+/,
    why: 'A part of a resource, shown as if it were one: the invariants of the whole do not hold.',
  },
  { ids: ['reference-target'], why: '`Reference.type` names a type R4 does not have (`serviceRequest`).' },
  { ids: ['reference-format'], why: 'A reference that is none: text where `Type/id`, an address or `#id` is due.' },
  {
    ids: [
      'unknown-element',
      'missing-element',
      'not-an-array',
      'is-an-array',
      'not-an-object',
      'id-format',
      'wrong-format',
      'wrong-json-kind',
      'empty-value',
      'unknown-type',
      'not-a-resource',
    ],
    why: notR4,
  },
]

/** '' for what nobody has explained. */
export function causeOf({ id, expression, diagnostics }: Told): string {
  const found = causes.find(
    ({ ids, about }) => ids.includes(id) && (about === undefined || about.test(diagnostics) || about.test(expression)),
  )
  return found?.why ?? ''
}
