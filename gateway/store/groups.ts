/** A group that consents name may lose members, by the operator's word, but not its name: a refusal would then reach nobody. */
import type { Sql } from './pool.ts'

/** At start. Throws the ids of groups that compiled consents name and the configuration does not. */
export async function requireGroupsNamed(sql: Sql, groups: readonly { readonly id: string }[]): Promise<void> {
  const found = await sql.query<{ key: string }>(
    `select distinct key from provision, unnest(coalesce(receivers, '{}')) key where key like 'group:%' and key <> all($1::text[]) order by key`,
    [groups.map(({ id }) => `group:${id}`)],
  )
  if (found.rows.length === 0) return
  const ids = found.rows.map(({ key }) => `\`${key.slice('group:'.length)}\``).join(', ')
  throw new Error(`the configuration cannot be used:\n  \`groups\`: consents name ${ids}; keep each, with the members it has now`)
}
