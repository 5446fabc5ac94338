// jest strips the types itself (no transform); ESM needs node's --experimental-vm-modules, see the `jest` script.
// oxlint-disable-next-line import/no-default-export -- jest asks for it
export default {
  testEnvironment: 'node',
  transform: {},
  extensionsToTreatAsEsm: ['.ts'],
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  testTimeout: 120_000,
  maxWorkers: 3,
  // PGlite and the module registry of each suite leave memory behind: begin a new process between suites beyond this
  workerIdleMemoryLimit: '1500MB',
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
}
