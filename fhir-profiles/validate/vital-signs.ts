/** Which profile an observation of a vital sign has to meet, by its code. Spec: http://hl7.org/fhir/R4/observation-vitalsigns.html */

const loinc: Readonly<Record<string, string>> = {
  '85353-1': 'vitalspanel',
  '9279-1': 'resprate',
  '8867-4': 'heartrate',
  '2708-6': 'oxygensat',
  '8310-5': 'bodytemp',
  '8302-2': 'bodyheight',
  '9843-4': 'headcircum',
  '29463-7': 'bodyweight',
  '39156-5': 'bmi',
  '85354-9': 'bp',
}

/** The same measurements in SNOMED CT: R4 wants the LOINC code beside them. */
const snomed: Readonly<Record<string, string>> = {
  '86290005': 'resprate',
  '364075005': 'heartrate',
  '431314004': 'oxygensat',
  '386725007': 'bodytemp',
  '276885007': 'bodytemp',
  '50373000': 'bodyheight',
  '363811000': 'headcircum',
  '27113001': 'bodyweight',
  '60621009': 'bmi',
  '75367002': 'bp',
}

const tables: Readonly<Record<string, Readonly<Record<string, string>>>> = { 'http://loinc.org': loinc, 'http://snomed.info/sct': snomed }

export function vitalSignProfile(system: string | undefined, code: string | undefined): string | undefined {
  const name = tables[system ?? '']?.[code ?? '']
  return name === undefined ? undefined : `http://hl7.org/fhir/StructureDefinition/${name}`
}
