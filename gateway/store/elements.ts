/** Labelled elements as they are stored beside their record; jsonb is text here. */
import type { LabelledElement } from '../../consent/redact.ts'
import { isRecord } from '../../fhir-profiles/validate/guards.ts'

export function elementsIn(text: string | null): readonly LabelledElement[] {
  if (text === null) return []
  const value: unknown = JSON.parse(text)
  if (!Array.isArray(value) || !value.every(isElement)) throw new TypeError('stored element labels are not readable')
  return value
}

function isElement(value: unknown): value is LabelledElement {
  return (
    isRecord(value) &&
    typeof value['path'] === 'string' &&
    typeof value['confidentiality'] === 'number' &&
    isTexts(value['codes']) &&
    isTexts(value['sensitivities'])
  )
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
