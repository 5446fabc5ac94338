import { beginRun } from './run-folder.ts'

// oxlint-disable-next-line import/no-default-export -- jest asks for it
export default function globalSetup(): void {
  beginRun()
}
