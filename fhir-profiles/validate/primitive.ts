/** The formats of the primitive datatypes. Spec: http://hl7.org/fhir/R4/datatypes.html#primitive */
import { isExactNumber } from '../json.ts'
import { isTimeText } from '../time.ts'

export type PrimitiveVerdict =
  | 'good'
  /** another JSON type than the datatype is written as */
  | 'wrong-kind'
  /** an empty text; R4 forbids it everywhere */
  | 'empty'
  | 'wrong-format'

const code = /^\S+(?:\s\S+)*$/
const id = /^[A-Za-z0-9\-.]{1,64}$/
const uri = /^\S+$/
const oid = /^urn:oid:[0-2](?:\.(?:0|[1-9]\d*))+$/
const uuid = /^urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const time = /^(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?$/
const base64 = /^[A-Za-z0-9+/]*={0,2}$/
/** 1 MB, of characters here: http://hl7.org/fhir/R4/datatypes.html#string */
const maxStringLength = 1_048_576

const formats: Readonly<Record<string, (text: string) => boolean>> = {
  string: (text) => text.length <= maxStringLength,
  markdown: (text) => text.length <= maxStringLength,
  code: (text) => code.test(text),
  id: (text) => id.test(text),
  uri: (text) => uri.test(text),
  url: (text) => uri.test(text),
  canonical: (text) => uri.test(text),
  oid: (text) => oid.test(text),
  uuid: (text) => uuid.test(text),
  time: (text) => time.test(text),
  date: (text) => isTimeText(text, 'date'),
  dateTime: (text) => isTimeText(text, 'dateTime'),
  instant: (text) => isTimeText(text, 'instant'),
  base64Binary: isBase64,
  xhtml: isNarrative,
}

const ofNumbers: Readonly<Record<string, (value: unknown) => PrimitiveVerdict>> = {
  boolean: (value) => (typeof value === 'boolean' ? 'good' : 'wrong-kind'),
  decimal: (value) => (typeof value === 'number' || isExactNumber(value) ? 'good' : 'wrong-kind'),
  integer: (value) => judgeInteger(value, -2_147_483_648),
  unsignedInt: (value) => judgeInteger(value, 0),
  positiveInt: (value) => judgeInteger(value, 1),
}

/** What says whether a JSON value is one of the primitive datatype `type`. A number may be an ExactNumber. */
export function primitiveJudge(type: string): (value: unknown) => PrimitiveVerdict {
  const own = ofNumbers[type]
  if (own !== undefined) return own
  const format = formats[type] ?? (() => false)
  return (value) => {
    if (typeof value !== 'string') return 'wrong-kind'
    return value === '' ? 'empty' : format(value) ? 'good' : 'wrong-format'
  }
}

/** `1.0` and `1e2` are decimals: an integer that needed its written form kept is none. */
function judgeInteger(value: unknown, least: number): PrimitiveVerdict {
  if (typeof value !== 'number') return isExactNumber(value) ? 'wrong-format' : 'wrong-kind'
  return Number.isInteger(value) && value >= least && value <= 2_147_483_647 ? 'good' : 'wrong-format'
}

function isBase64(text: string): boolean {
  const dense = /\s/.test(text) ? text.replace(/\s+/g, '') : text
  return dense.length % 4 === 0 && base64.test(dense)
}

/** One XHTML `div`, without a document type: entities of its own are how narrative reads files. What stands inside is a profile's matter. */
function isNarrative(text: string): boolean {
  const content = text.trim()
  return /^<div[\s/>]/.test(content) && /(?:<\/div\s*>|\/>)$/.test(content) && !/<!(?:DOCTYPE|ENTITY)/i.test(content)
}
