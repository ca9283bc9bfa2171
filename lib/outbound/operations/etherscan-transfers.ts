import * as z from 'zod/mini'
import { readPointer } from '../../primitives/json-pointer.ts'
import { etherscan } from '../../providers/etherscan.ts'
import type { ApiClient } from '../api-client.ts'
import { pagesOf, type ListOptions } from '../paginate.ts'
import { asked, checked, typedItems, type AskOptions } from './asking.ts'
import { account, chainId, path } from './etherscan.ts'
import { unitsText } from './fields.ts'

const block = z.int().check(z.gte(0, 'must be a number of a block'))
const listInput = z.strictObject({
  address: account,
  chainId,
  fromBlock: z.optional(block),
  /** Included. */
  toBlock: z.optional(block),
  /** Transfers of this token alone. */
  contract: z.optional(account),
})

export type ListInput = z.input<typeof listInput>

/** A number that Etherscan writes as text. */
const count = z.pipe(
  z.string().check(z.regex(/^\d{1,15}$/)),
  z.transform((text: string) => Number(text)),
)
const hash = z.string().check(z.regex(/^0x[\da-f]{64}$/i))
const inBlock = {
  blockNumber: count,
  /** Seconds since 1970. */
  timeStamp: count,
  hash,
  from: z.string(),
  /** Empty where a contract was made. */
  to: z.string(),
}

const transaction = z.looseObject({
  ...inBlock,
  /** In wei. */
  value: unitsText,
  gasUsed: unitsText,
  /** In wei. */
  gasPrice: unitsText,
  /** `1` where it failed: its value was not moved, its gas was paid. */
  isError: z.enum(['0', '1']),
})

export type Transaction = z.output<typeof transaction>

const tokenTransfer = z.looseObject({
  ...inBlock,
  contractAddress: z.string(),
  /** In the token's smallest unit. */
  value: unitsText,
  tokenSymbol: z.string(),
  /** Digits behind the point, for `decimalOf`; a token may say what it likes. */
  tokenDecimal: z.string(),
})

export type TokenTransfer = z.output<typeof tokenTransfer>

async function* list(
  client: ApiClient,
  action: string,
  input: ListInput,
  options: AskOptions,
): AsyncGenerator<unknown, void, void> {
  const { address, fromBlock = 0, toBlock, contract, ...rest } = checked('etherscan list', listInput, input)
  yield* onceEach(client, {
    dialect: etherscan.api.pages.default,
    start: path('account', action, {
      address,
      contractaddress: contract,
      startblock: fromBlock,
      endblock: toBlock,
      sort: 'asc',
      chainid: rest.chainId,
    }),
    init: asked(client, options, {}),
  })
}

/** Where a window of blocks ends, the next begins with its last block: what was read of that is passed over. */
async function* onceEach(client: ApiClient, options: ListOptions): AsyncGenerator<unknown, void, void> {
  let last: unknown
  let ofLast = 0
  let again = 0
  for await (const { items, next } of pagesOf(client, options)) {
    for (const item of items) {
      if (again > 0) {
        again -= 1
        continue
      }
      const of = readPointer(item, '/blockNumber')
      ofLast = of === last ? ofLast + 1 : 1
      last = of
      yield item
    }
    if (next && 'params' in next && next.params['page'] === '1') again = ofLast
  }
}

/**
 * Transactions of an address, the oldest first, as many as there are. Ether that a contract moved is in none of them. The newest
 * blocks may still change.
 * @see https://docs.etherscan.io/api-reference/endpoint/txlist
 */
export const listTransactions = (
  client: ApiClient,
  input: ListInput,
  options: AskOptions = {},
): AsyncGenerator<Transaction, void, void> => typedItems(transaction, list(client, 'txlist', input, options))

/**
 * ERC-20 transfers from and to an address, the oldest first. Anybody can send a token that calls itself by any name: only its
 * contract says which it is.
 * @see https://docs.etherscan.io/api-reference/endpoint/tokentx
 */
export const listTokenTransfers = (
  client: ApiClient,
  input: ListInput,
  options: AskOptions = {},
): AsyncGenerator<TokenTransfer, void, void> =>
  typedItems(tokenTransfer, list(client, 'tokentx', input, options))
