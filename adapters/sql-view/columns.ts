/** Does the database have what the mapping names? A misspelt column would otherwise look like an empty one. */
import { columnsOf } from './map-values.ts'
import type { Mapping } from './mapping.ts'
import { SourceFault } from './source.ts'
import type { SqlSource } from './source.ts'

/** One sentence per missing view, table or column; reads no row. Throws SourceFault when the database is away, locked or corrupt. */
export async function missingColumns(source: SqlSource, mapping: Mapping): Promise<readonly string[]> {
  const faults: string[] = []
  for (const [relation, wanted] of wantedColumns(mapping)) {
    const present = await columnsOrFault(source, relation)
    if (typeof present === 'string') faults.push(present)
    else faults.push(...wanted.filter((column) => !present.includes(column)).map((column) => `\`${relation}\` has no column \`${column}\``))
  }
  return faults
}

function wantedColumns(mapping: Mapping): ReadonlyMap<string, readonly string[]> {
  const views = mapping.views.map((view) => [view.view, unique([view.change, ...view.key, ...view.elements.flatMap(columnsOf)])] as const)
  const letters = [mapping.outbox, mapping.answers]
    .filter((relation) => relation !== undefined)
    .map((relation) => [relation.view, unique([relation.change, ...relation.key, ...Object.values(relation.columns)])] as const)
  const inbox = mapping.inbox === undefined ? [] : [[mapping.inbox.table, Object.keys(mapping.inbox.columns)] as const]
  return new Map([...views, ...letters, ...inbox])
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)]
}

async function columnsOrFault(source: SqlSource, relation: string): Promise<readonly string[] | string> {
  try {
    return await source.columns(relation)
  } catch (error) {
    if (error instanceof SourceFault && error.kind === 'shape') return error.message
    throw error
  }
}
