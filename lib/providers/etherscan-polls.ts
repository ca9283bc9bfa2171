import type { PollDeclaration, Polls } from './polls.ts'

const byBlock = {
  progress: {
    kind: 'block',
    block: '/blockNumber',
    time: { pointer: '/timeStamp', unit: 's' },
    head: {
      params: { module: 'proxy', action: 'eth_blockNumber', chainid: '{chainid}' },
      pointer: '/result',
    },
    confirmations: 12,
    rescan: 64,
  },
  interval: { floorMs: 60_000, usualMs: 300_000, ceilingMs: 3_600_000 },
  deletes: 'never',
} as const satisfies Omit<PollDeclaration, 'finds' | 'list' | 'event'>

const params = {
  module: 'account',
  address: '{address}',
  chainid: '{chainid}',
  startblock: '{since}',
  endblock: '{until}',
  sort: 'asc',
}

export const etherscanPolls = {
  transactions: {
    ...byBlock,
    finds:
      'Transactions of an address with twelve confirmations. One that a reorganization took back is not told; looking at a wallet tells it.',
    list: { path: '', params: { ...params, action: 'txlist' } },
    event: { keys: 'own', deliveryKey: [{ pointer: '/hash' }], type: 'transaction', eventType: [] },
  },
  'token-transfers': {
    ...byBlock,
    finds: 'ERC-20 transfers from and to an address with twelve confirmations.',
    list: { path: '', params: { ...params, action: 'tokentx' } },
    event: {
      keys: 'own',
      deliveryKey: [
        [
          { pointer: '/hash' },
          { pointer: '/contractAddress' },
          { pointer: '/from' },
          { pointer: '/to' },
          { pointer: '/value' },
        ],
      ],
      // Transfers in one transaction have no number.
      counted: true,
      type: 'token-transfer',
      eventType: [],
    },
  },
} as const satisfies Polls
