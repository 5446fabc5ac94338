/** Sandbox identities of the generated people: `patient-1001` …, and `guardian-1019` for a minor. Without passwords: 364 scrypt hashes cost a minute. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { patientNumberSystem } from '../../fhir-profiles/codes.ts'
import { patientNumber, sandboxInstitutions } from '../../adapters/sandbox/people.ts'
import { population } from '../../adapters/sandbox/population/population.ts'
import type { Identity } from './network.ts'

/** Says for which day the generated charts were written, in the sandbox's folder. */
export const populationFile = 'population.json'

/** What the sandbox start with `--population` left in its data folder. Throws with the next step when it is absent. */
export function populationDay(): string {
  const file = join(process.env['CARENET_DATA_DIR'] ?? '.data', 'sandbox', populationFile)
  if (!existsSync(file)) throw new Error(`\`${file}\` is absent: start the sandbox with \`npx carenet sandbox --population\``)
  const kept: unknown = JSON.parse(readFileSync(file, 'utf8'))
  if (typeof kept === 'object' && kept !== null && 'asOf' in kept && typeof kept.asOf === 'string') return kept.asOf
  throw new Error(`\`${file}\` is damaged: remove it and start the sandbox again`)
}

export function generatedIdentities(asOf: string): readonly Identity[] {
  return population(asOf).flatMap((person): readonly Identity[] => {
    const [at] = person.at
    if (at === undefined) return []
    const patient = `${patientNumberSystem(sandboxInstitutions[at].number)}|${patientNumber(person, at)}`
    const common = { institution: 'network', departments: [], practitioner: '', patient }
    const own: Identity = { ...common, name: `patient-${person.number}`, displayName: `${person.name} 본인`, role: 'patient' }
    const { guardian } = person
    if (guardian === undefined) return [own]
    return [own, { ...common, name: `guardian-${person.number}`, displayName: `${guardian.name} (법정대리인)`, role: 'proxy' }]
  })
}
