import { adapterContract } from '../../support/adapter-suite.ts'
import { tertiaryHarness } from './tertiary-harness.ts'

adapterContract('fhir-rest, against the university hospital on a real socket', tertiaryHarness)
