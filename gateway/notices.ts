/** What people are told beside data: constant sentences, and institutions that are away. Never a word that depends on a patient. */
import { system } from '../fhir-profiles/codes.ts'
import type { OperationOutcome } from '../fhir-profiles/r4.ts'

/** The same on every people's search and $everything, whether or not anything is hidden. */
export const coverageNotice: OperationOutcome = {
  resourceType: 'OperationOutcome',
  issue: [
    {
      severity: 'information',
      code: 'informational',
      details: { coding: [{ system: system.problem, code: 'coverage' }] },
      diagnostics:
        'what you see is what the patient’s consent allows; searches cover stored records, institutions asked live appear in $summary, $everything and reads',
    },
  ],
}

const warning = (code: string, diagnostics: string): OperationOutcome => ({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'warning', code: 'incomplete', details: { coding: [{ system: system.problem, code }] }, diagnostics }],
})

/** While records of an older program are indexed anew, whoever asks about whomever. */
export const indexingNotice = warning('indexing', 'stored records are being indexed anew; some may not be found until this is done')

export const manyIncludedNotice = warning(
  'many-included',
  'more records belong to this page than are brought along; search for them by themselves',
)

/** One notice per silent institution: directory and network state, the same for every patient. */
export function silentNotices(names: readonly string[]): readonly OperationOutcome[] {
  return names.map((name) => ({
    resourceType: 'OperationOutcome',
    issue: [
      {
        severity: 'warning',
        code: 'incomplete',
        details: { coding: [{ system: system.gap, code: 'no-answer' }] },
        diagnostics: `${name} did not answer; try again later`,
      },
    ],
  }))
}
