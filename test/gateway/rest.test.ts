/** The FHIR interface over real HTTP. One gateway per engine; each part feeds what it needs under ids of its own. */
import { afterAll, beforeAll } from '@jest/globals'
import { eachDatabase } from '../support/databases.ts'
import { startTestGateway, type TestGateway } from '../support/gateway.ts'
import { partitions } from './rest/partitions.ts'
import { reading } from './rest/reading.ts'
import { searching } from './rest/searching.ts'
import { writing } from './rest/writing.ts'

eachDatabase('the FHIR interface', (_open, engine) => {
  let running: TestGateway | undefined
  const gateway = (): TestGateway => {
    if (running === undefined) throw new Error('the gateway has not started')
    return running
  }
  beforeAll(async () => {
    running = await startTestGateway(engine)
  })
  afterAll(async () => running?.close())
  reading(gateway)
  writing(gateway)
  searching(gateway)
  partitions(gateway)
})
