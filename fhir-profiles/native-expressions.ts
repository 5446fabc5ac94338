/** Search expressions that compute, and are asked of every record of a type: in code. The tests hold them against fhirpath.js. Pure. */
import { engineFor } from './fhirpath-engine.ts'
import type { Found, Path } from './path.ts'

const deceased = 'Patient.deceased.exists() and Patient.deceased != false'

const truth = (value: boolean): readonly Found[] => [{ value, type: 'boolean', rule: undefined }]

/** A patient of whom nothing is said lives. What has extensions in the place of a value is the engine's to judge. */
function isDeceased(engine: Path): Path {
  return (patient) => {
    const [flag, time]: readonly unknown[] = [Reflect.get(patient, 'deceasedBoolean'), Reflect.get(patient, 'deceasedDateTime')]
    if ('_deceasedBoolean' in patient || '_deceasedDateTime' in patient) return engine(patient)
    if (flag === undefined && time === undefined) return truth(false)
    return flag === undefined ? truth(typeof time === 'string') : truth(flag === true)
  }
}

/** By the published expression. */
export const nativeExpressions: ReadonlyMap<string, Path> = new Map([[deceased, isDeceased(engineFor(deceased))]])
