import { adapterContract } from '../../support/adapter-suite.ts'
import { dropHarness } from './drop-harness.ts'

adapterContract('template, a drop folder', dropHarness)
