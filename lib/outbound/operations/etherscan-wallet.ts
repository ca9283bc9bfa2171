import type { ApiClient } from '../api-client.ts'
import { whole } from '../../primitives/options.ts'
import type { AskOptions } from './asking.ts'
import {
  listTokenTransfers,
  listTransactions,
  type TokenTransfer,
  type Transaction,
} from './etherscan-transfers.ts'
import { readBlockNumber } from './etherscan.ts'

export interface WatchOptions extends AskOptions {
  readonly address: string
  readonly of: 'transactions' | 'token-transfers'
  readonly chainId?: number
  /** Blocks from a transfer's own to the newest, both counted, before it is told. Default 12. */
  readonly confirmations?: number
  /** So many blocks that were told are read again, for what came late or is gone. Default 64. */
  readonly overlap?: number
  /** Where the first look begins; without it, with what comes after it. */
  readonly fromBlock?: number
  /** A look ends with the block in which it has told so many. Default 1,000. */
  readonly atMost?: number
}

/** What was told so far: plain JSON, to be kept between two looks. */
export interface WalletState {
  readonly v: 1
  /** No block before it is read. */
  readonly first: number
  /** All up to this block was told. */
  readonly through: number
  /** Transfers that were told of the blocks that are read again: id and block. */
  readonly told: readonly (readonly [id: string, block: number])[]
}

export type Transfer = Transaction | TokenTransfer

export type WalletEvent =
  | {
      readonly kind: 'confirmed'
      /** The same for the same transfer: what makes it known when it is told twice. */
      readonly id: string
      readonly direction: 'in' | 'out' | 'self'
      /** The transaction failed: nothing was moved. */
      readonly failed: boolean
      readonly confirmations: number
      readonly transfer: Transfer
    }
  /** A transfer that was told is no longer in the chain. */
  | { readonly kind: 'dropped'; readonly id: string; readonly block: number }

export interface Look {
  readonly events: readonly WalletEvent[]
  readonly state: WalletState
  /** There is more to be told at once. */
  readonly more: boolean
}

/**
 * Looks what happened at an address since the last look. Keep the state only once the events are kept: what is told twice has
 * the same id, and nothing is told never. The first look tells nothing that was before it, unless it is given a block.
 */
export async function lookAtWallet(
  client: ApiClient,
  state: WalletState | undefined,
  options: WatchOptions,
): Promise<Look> {
  const confirmations = whole('confirmations', options.confirmations ?? 12, 1)
  const overlap = whole('overlap', options.overlap ?? 64, 0)
  const head = await readBlockNumber(client, { chainId: options.chainId }, options)
  const final = head - confirmations + 1
  if (!state && options.fromBlock === undefined)
    return { events: [], state: { v: 1, first: final + 1, through: final, told: [] }, more: false }
  const first = state?.first ?? whole('fromBlock', options.fromBlock ?? 0, 0)
  const before: WalletState = state ?? { v: 1, first, through: first - 1, told: [] }
  // A node that lags behind tells nothing, and takes nothing back.
  if (final < before.through || final < first) return { events: [], state: before, more: false }
  const from = Math.max(first, before.through + 1 - overlap)
  const seen = await readBlocks(client, options, {
    from,
    final,
    known: new Set(before.told.map(([id]) => id)),
  })
  const through = Math.max(before.through, seen.through)
  const told = [
    ...[...seen.found].map(([id, { blockNumber }]) => [id, blockNumber] as const),
    // Blocks behind the end of this look were not read again.
    ...before.told.filter(([id, block]) => block > seen.through && !seen.found.has(id)),
  ].filter(([, block]) => block > through - overlap)
  const events = eventsOf(before, seen, { address: options.address, head })
  return { events, state: { v: 1, first, through, told }, more: seen.more }
}

interface Seen {
  readonly found: ReadonlyMap<string, Transfer>
  readonly through: number
  readonly more: boolean
}

interface Window {
  readonly from: number
  readonly final: number
  readonly known: ReadonlySet<string>
}

/** All transfers of whole blocks, until enough of them are new. */
async function readBlocks(client: ApiClient, options: WatchOptions, window: Window): Promise<Seen> {
  const { address, chainId, of, atMost = 1_000 } = options
  const input = { address, chainId, fromBlock: window.from, toBlock: window.final }
  const list = of === 'transactions' ? listTransactions : listTokenTransfers
  const found = new Map<string, Transfer>()
  const alike = new Map<string, number>()
  let fresh = 0
  let last = window.from - 1
  for await (const transfer of list(client, input, options)) {
    if (fresh >= whole('atMost', atMost, 1) && transfer.blockNumber > last)
      return { found, through: last, more: true }
    last = transfer.blockNumber
    const id = idOf(transfer, alike)
    if (!window.known.has(id)) fresh += 1
    found.set(id, transfer)
  }
  return { found, through: window.final, more: false }
}

/** The transaction's hash; transfers inside of one have no number, so equal ones are counted. */
function idOf(transfer: Transfer, alike: Map<string, number>): string {
  if (!isToken(transfer)) return transfer.hash
  const { hash, contractAddress, from, to, value } = transfer
  const id = [hash, contractAddress, from, to, value].join(':').toLowerCase()
  const nth = alike.get(id) ?? 0
  alike.set(id, nth + 1)
  return `${id}:${nth}`
}

const isToken = (transfer: Transfer): transfer is TokenTransfer =>
  'contractAddress' in transfer && 'tokenSymbol' in transfer

function eventsOf(
  { told }: WalletState,
  { found, through }: Seen,
  { address, head }: { readonly address: string; readonly head: number },
): WalletEvent[] {
  const known = new Set(told.map(([id]) => id))
  const dropped = told
    .filter(([id, block]) => block <= through && !found.has(id))
    .map(([id, block]) => ({ kind: 'dropped', id, block }) as const)
  const confirmed = [...found]
    .filter(([id]) => !known.has(id))
    .map(([id, transfer]) => ({
      kind: 'confirmed' as const,
      id,
      direction: directionOf(transfer, address.toLowerCase()),
      failed: !isToken(transfer) && transfer.isError === '1',
      confirmations: head - transfer.blockNumber + 1,
      transfer,
    }))
  return [...dropped, ...confirmed]
}

function directionOf({ from, to }: Transfer, address: string): 'in' | 'out' | 'self' {
  const sent = from.toLowerCase() === address
  return sent && to.toLowerCase() === address ? 'self' : sent ? 'out' : 'in'
}
