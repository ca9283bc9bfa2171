import type { Provider } from './provider.ts'

export const etherscan = {
  id: 'etherscan',
  displayName: 'Etherscan',
  checkedOn: '2026-11-21',
  docs: ['https://docs.etherscan.io/'],
  keys: [{ query: { apikey: '{key}' } }],
} as const satisfies Provider
