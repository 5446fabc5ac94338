/**
 * `npm run bench`: measures what issue B promises about speed, prints the table and writes docs/performance-consent.md. Exit 0 only when
 * every promise was kept. Without PostgreSQL binaries the searches are left out, and the page says so by lacking them.
 */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { findPostgresBinaries } from '../test/support/postgres.ts'
import { benchDecisions } from './decisions.ts'
import { isKept, pageOf, tableOf } from './report.ts'
import { benchSearch } from './search.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const measured = [...(await benchDecisions()), ...(findPostgresBinaries() === undefined ? [] : await benchSearch())]
console.log(tableOf(measured))
const run = {
  commit: execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim(),
  machine: `${process.platform} ${process.arch}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB`,
  node: process.versions.node,
}
writeFileSync(new URL('../docs/performance-consent.md', import.meta.url), pageOf(measured, run))
process.exitCode = measured.every(isKept) ? 0 : 1
