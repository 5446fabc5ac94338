/** The FHIR interface over real HTTP. One gateway per engine; each part feeds what it needs under ids of its own. */
import { eachGateway } from '../support/gateway.ts'
import { partitions } from './rest/partitions.ts'
import { reading } from './rest/reading.ts'
import { searching } from './rest/searching.ts'
import { writing } from './rest/writing.ts'

eachGateway('the FHIR interface', {}, (gateway) => {
  reading(gateway)
  writing(gateway)
  searching(gateway)
  partitions(gateway)
})
