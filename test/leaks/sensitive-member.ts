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
