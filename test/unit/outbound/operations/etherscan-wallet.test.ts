import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  lookAtWallet,
  type WalletState,
  type WatchOptions,
} from '#lib/outbound/operations/etherscan-wallet.ts'
import { givenApi, queryOf } from './given-api.ts'

const address = '0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045'
const other = '0x6b3f6c0f3fbf3f6c0f3fbf3f6c0f3fbf3f6c0f3f'

interface OnChain {
  readonly block: number
  /** Names the transaction. */
  readonly n: number
  readonly from?: string
  readonly isError?: string
}

const hashOf = (n: number): string => `0x${n.toString(16).padStart(64, '0')}`

/** A chain that grows, and may be written anew from a block on. */
function chain() {
  const state = { head: 100, transfers: [] as OnChain[] }
  const { client, sent } = givenApi('etherscan', ({ target }) => {
    const query = queryOf(target)
    if (query['action'] === 'eth_blockNumber')
      return { body: { jsonrpc: '2.0', id: 1, result: `0x${state.head.toString(16)}` } }
    const [from, to] = [Number(query['startblock']), Number(query['endblock'])]
    const window = state.transfers
      .filter(({ block }) => block >= from && block <= to)
      .toSorted((a, b) => a.block - b.block || a.n - b.n)
    const start = (Number(query['page']) - 1) * Number(query['offset'])
    const result = window.slice(start, start + Number(query['offset'])).map((each) => ({
      blockNumber: String(each.block),
      timeStamp: '1795248000',
      hash: hashOf(each.n),
      from: each.from ?? other,
      to: address.toLowerCase(),
      value: '1',
      gasUsed: '21000',
      gasPrice: '1',
      isError: each.isError ?? '0',
      ...(query['action'] === 'tokentx' && {
        contractAddress: other,
        tokenSymbol: 'USDT',
        tokenDecimal: '6',
      }),
    }))
    return { body: { status: '1', message: 'OK', result } }
  })
  const options: WatchOptions = { address, of: 'transactions', confirmations: 3, overlap: 10 }
  return {
    state,
    sent,
    options,
    /** The state goes through JSON, as it would be kept. */
    look: async (before: WalletState | undefined, more: Partial<WatchOptions> = {}) => {
      const kept = before && (JSON.parse(JSON.stringify(before)) as WalletState)
      return lookAtWallet(client, kept, { ...options, ...more })
    },
  }
}

const told = (events: readonly { kind: string; id: string }[]) =>
  events.map(({ kind, id }) => `${kind} ${Number(id)}`)

describe('a wallet', () => {
  test('is not told of what was before the first look', async () => {
    const world = chain()
    world.state.transfers = [
      { block: 50, n: 1 },
      { block: 98, n: 2 },
    ]
    const first = await world.look(undefined)
    expect([first.events, first.more, world.sent.length]).toEqual([[], false, 1])
    world.state.transfers.push({ block: 100, n: 3 })
    world.state.head = 102
    expect(told((await world.look(first.state)).events)).toEqual(['confirmed 3'])
  })

  test('is told of all since a block when that is asked for', async () => {
    const world = chain()
    world.state.transfers = [
      { block: 50, n: 1 },
      { block: 98, n: 2 },
      { block: 99, n: 3 },
    ]
    const { events } = await world.look(undefined, { fromBlock: 50 })
    expect(told(events)).toEqual(['confirmed 1', 'confirmed 2'])
    expect(events[1]).toMatchObject({ confirmations: 3, direction: 'in', failed: false })
  })

  test('is told once there are enough confirmations, and once', async () => {
    const world = chain()
    const first = await world.look(undefined)
    world.state.transfers.push({ block: 101, n: 1, isError: '1', from: address })
    world.state.head = 102
    const early = await world.look(first.state)
    expect(early.events).toEqual([])
    world.state.head = 103
    const due = await world.look(early.state)
    expect(due.events).toMatchObject([{ kind: 'confirmed', direction: 'self', failed: true }])
    expect((await world.look(due.state)).events).toEqual([])
  })

  test('is told of what the index brought late, and of what is gone', async () => {
    const world = chain()
    const first = await world.look(undefined)
    world.state.transfers.push({ block: 99, n: 1 })
    world.state.head = 105
    const second = await world.look(first.state)
    world.state.transfers = [{ block: 100, n: 2 }]
    world.state.head = 106
    expect(told((await world.look(second.state)).events)).toEqual(['dropped 1', 'confirmed 2'])
  })

  test('is told nothing by a node that lags behind, and loses nothing', async () => {
    const world = chain()
    const first = await world.look(undefined, { fromBlock: 90 })
    world.state.transfers.push({ block: 95, n: 1 })
    const second = await world.look(first.state)
    world.state.head = 80
    const lagging = await world.look(second.state)
    expect([lagging.events, lagging.state]).toEqual([[], second.state])
  })

  test('is told of more than a page without losing one', async () => {
    const world = chain()
    world.state.transfers = Array.from({ length: 2_345 }, (_, n) => ({ block: 20 + Math.floor(n / 40), n }))
    let look = await world.look(undefined, { fromBlock: 0, atMost: 500 })
    const ids = look.events.map(({ id }) => id)
    while (look.more) {
      look = await world.look(look.state, { atMost: 500 })
      ids.push(...look.events.map(({ id }) => id))
    }
    expect([ids.length, new Set(ids).size]).toEqual([2_345, 2_345])
  })

  test('keeps equal token transfers of one transaction apart', async () => {
    const world = chain()
    world.state.transfers = [
      { block: 60, n: 1 },
      { block: 60, n: 1 },
    ]
    const look = await world.look(undefined, { of: 'token-transfers', fromBlock: 0 })
    expect(new Set(look.events.map(({ id }) => id)).size).toBe(2)
    expect((await world.look(look.state, { of: 'token-transfers' })).events).toEqual([])
  })

  test('is told of every transfer that stays, whatever the chain does meanwhile', async () => {
    const step = fc.record({
      grow: fc.integer({ min: 0, max: 6 }),
      /** Where the new blocks' transfers lie, counted back from the head. */
      add: fc.array(fc.integer({ min: 0, max: 8 }), { maxLength: 4 }),
      /** So many blocks at the end are written anew. */
      reorg: fc.integer({ min: 0, max: 7 }),
      atMost: fc.integer({ min: 1, max: 5 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        const world = chain()
        let look = await world.look(undefined)
        const standing = new Map<string, number>()
        let n = 1
        const tell = (): void => {
          for (const event of look.events) {
            const count = standing.get(event.id) ?? 0
            standing.set(event.id, count + (event.kind === 'confirmed' ? 1 : -1))
          }
        }
        for (const { grow, add, reorg, atMost } of [...steps, { grow: 30, add: [], reorg: 0, atMost: 5 }]) {
          world.state.head += grow
          const keep = world.state.head - reorg
          world.state.transfers = world.state.transfers.filter(({ block }) => block <= keep)
          for (const back of add) {
            const block = world.state.head - back
            if (block > 98) world.state.transfers.push({ block, n: (n += 1) })
          }
          do {
            look = await world.look(look.state, { atMost })
            tell()
          } while (look.more)
        }
        const expected = world.state.transfers.map((each) => hashOf(each.n))
        const left = [...standing].filter(([, count]) => count !== 0)
        expect(new Map(left)).toEqual(new Map(expected.map((id) => [id, 1])))
      }),
      { numRuns: 60 },
    )
  })

  test.each([{ confirmations: 0 }, { overlap: -1 }, { atMost: 0.5 }])('refuses %j', async (wrong) => {
    const world = chain()
    world.state.transfers = [{ block: 60, n: 1 }]
    await expect(world.look(undefined, { fromBlock: 0, ...wrong })).rejects.toThrow(RangeError)
  })
})
