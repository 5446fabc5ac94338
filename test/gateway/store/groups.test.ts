import { beforeAll, expect, test } from '@jest/globals'
import { compile } from '../../../consent/compile.ts'
import { createDirectory } from '../../../gateway/directory.ts'
import { requireGroupsNamed } from '../../../gateway/store/groups.ts'
import type { Database } from '../../../gateway/store/pool.ts'
import { createStore } from '../../../gateway/store/store.ts'
import { consent, input, receiver } from '../../consent/support/builders.ts'
import { eachDatabase } from '../../support/databases.ts'

eachDatabase('groups that consents name', (open) => {
  let database: Database | undefined
  const team = { id: 'heart-team', name: '심장팀', members: ['Practitioner/dr-kim'] }
  beforeAll(async () => {
    database = await open()
    const refusal = consent({ type: 'deny', actor: [receiver({ reference: 'Group/heart-team' })] })
    const { rows } = compile(refusal, input({ directory: createDirectory([], [team]) }))
    await createStore(database).consents.replace('consent-1', rows)
  })
  const start = async (groups: readonly { readonly id: string }[]): Promise<void> => {
    if (database === undefined) throw new Error('no database')
    await requireGroupsNamed(database.sql, groups)
  }

  test('stay in the configuration, or the start stops: a refusal would reach nobody', async () => {
    await start([team])
    await start([team, { id: 'another' }])
    await expect(start([{ id: 'another' }])).rejects.toThrow('consents name `heart-team`')
  })
})
