/**
 * What KR Core 2.0 defines or widens beyond R4's own search parameters. Every other parameter KR Core names is R4's, with the same name and
 * the same meaning. Facts from the guide: http://www.hl7korea.or.kr/fhir/krcore
 */
const extension = (name) => `extension('http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-${name}')`
const roadNames = (type) => `${type}.address | ${type}.address.${extension('roadNameAddress')}.extension.value`

export const krCoreParameters = {
  AllergyIntolerance: { onset: ['date', 'AllergyIntolerance.onset.ofType(dateTime) | AllergyIntolerance.reaction.onset'] },
  DiagnosticReport: {
    'request-date': ['date', `DiagnosticReport.${extension('testRequestDateTime')}.value.ofType(dateTime)`],
    study: ['reference', 'DiagnosticReport.imagingStudy', 'ImagingStudy'],
  },
  Encounter: { 'insurance-type': ['token', `Encounter.${extension('insuranceTypes')}.value.ofType(CodeableConcept)`] },
  Immunization: { 'dose-number': ['number', 'Immunization.protocolApplied.doseNumber.ofType(positiveInt)'] },
  MedicationRequest: {
    'ingredient-code': [
      'token',
      `MedicationRequest.medication.ofType(CodeableConcept).${extension('medicationIngredient')}.value.ofType(CodeableConcept)`,
    ],
  },
  Observation: { issued: ['date', 'Observation.issued'] },
  Organization: { address: ['string', roadNames('Organization')], telecom: ['token', 'Organization.telecom'] },
  Patient: { address: ['string', roadNames('Patient')] },
  Practitioner: {
    code: ['token', 'Practitioner.qualification.code'],
    identifier: ['token', 'Practitioner.identifier | Practitioner.qualification.identifier'],
  },
}
