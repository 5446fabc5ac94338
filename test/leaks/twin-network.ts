import type { GatewayOptions } from '../support/gateway-client.ts'

/** A member of the twins' network that records name and nobody is fed by: a psychiatric hospital. */
export const sensitiveMember = {
  id: 'mind',
  name: '해솔정신병원',
  number: '31100009',
  type: '28',
  phone: '02-000-0009',
  departments: [],
  sensitivities: ['PSY'],
} as const

/** Thousands of requests about a hundred people are more than anybody's hour. */
export const twinNetwork: GatewayOptions = {
  members: [sensitiveMember],
  rateLimits: {
    requestsPerMinute: { system: 0, people: 0 },
    personsPerHour: { doctor: 0, nurse: 0, coordinator: 0, patient: 0, proxy: 0 },
  },
}
