import type { Provider } from './provider.ts'

export const etherscan = {
  id: 'etherscan',
  displayName: 'Etherscan',
  checkedOn: '2026-11-21',
  docs: ['https://docs.etherscan.io/'],
  auth: { kind: 'api-key', place: { query: 'apikey' } },
} as const satisfies Provider
