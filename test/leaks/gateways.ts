/** Two gateways in this process that the kit is pointed at, as it would be at any two servers. */
import { type Server, serverAt } from '../../bin/leaks/server.ts'
import { feedBystander } from '../../bin/leaks/fill.ts'
import type { Engine } from '../support/databases.ts'
import type { TestGateway } from '../support/gateway-client.ts'
import { startTestGateway } from '../support/gateway.ts'
import { sensitiveMember, twinNetwork } from './twin-network.ts'

export interface TwinGateways {
  readonly here: Server
  readonly there: Server
  close(): Promise<void>
}

export async function startTwins(engine: Engine): Promise<TwinGateways> {
  // one after the other: a port is free only until somebody takes it
  const full = await startTestGateway(engine, twinNetwork)
  const bare = await startTestGateway(engine, twinNetwork)
  const [here, there] = [serverOf(full), serverOf(bare)]
  await Promise.all([feedBystander(here), feedBystander(there)])
  return {
    here,
    there,
    async close() {
      await Promise.all([full.close(), bare.close()])
    },
  }
}

function serverOf(gateway: Pick<TestGateway, 'url' | 'token'>): Server {
  return serverAt(gateway.url, (name) => gateway.token(name), sensitiveMember.number)
}
