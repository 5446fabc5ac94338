/** `Loinc.csv` of a LOINC release. Columns: https://loinc.org/kb/users-guide/loinc-database-structure/ */
import { system } from '../../codes.ts'
import type { CompiledConcept, Release } from '../compiled.ts'
import { recordsOf, type Lines, type Record } from './records.ts'

/** the properties by which R4's value sets filter, and what a reader looks for */
const properties = ['COMPONENT', 'PROPERTY', 'TIME_ASPCT', 'SYSTEM', 'SCALE_TYP', 'METHOD_TYP', 'CLASS', 'CLASSTYPE', 'ORDER_OBS', 'STATUS']

/** Throws RangeError where this is no `Loinc.csv`. */
export async function readLoinc(lines: Lines, version: string): Promise<Release> {
  const concepts: CompiledConcept[] = []
  for await (const { columns, record } of recordsOf(lines)) {
    if (!columns.names.includes('LOINC_NUM')) throw new RangeError('no column `LOINC_NUM`: this is no Loinc.csv')
    const code = record['LOINC_NUM'] ?? ''
    if (/^\d{1,7}-\d$/.test(code)) concepts.push(conceptOf(code, record))
  }
  if (concepts.length === 0) throw new RangeError('no line of this file is a LOINC code')
  return { head: [system.loinc, 'loinc', version, 'LOINC', 'LOINC', 'active'], isCaseSensitive: true, concepts }
}

function conceptOf(code: string, record: Record): CompiledConcept {
  const names = ['SHORTNAME', 'CONSUMER_NAME', 'DisplayName'].flatMap((column) => record[column] || [])
  return {
    code,
    display: record['LONG_COMMON_NAME'] || names[0] || code,
    designations: names.map((name) => ['en', name] as const),
    properties: properties.flatMap((column) => {
      const value = record[column] ?? ''
      // the tables of R4 and LOINC's own service speak of an inactive concept where LOINC says deprecated
      return value === '' ? [] : [column === 'STATUS' ? (['status', value.toLowerCase()] as const) : ([column, value] as const)]
    }),
    parents: [],
  }
}
