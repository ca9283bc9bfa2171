import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  etherOf,
  readAbi,
  readBalance,
  readBlockNumber,
  readGasPrice,
  weiOf,
} from '#lib/outbound/operations/etherscan.ts'
import { listTokenTransfers, listTransactions } from '#lib/outbound/operations/etherscan-transfers.ts'
import { collect, givenApi, queryOf } from './given-api.ts'

const address = '0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045'
const ok = (result: unknown) => ({ body: { status: '1', message: 'OK', result, new_field: 1 } })
const notOk = (result: string) => ({ body: { status: '0', message: 'NOTOK', result } })

const transaction = (blockNumber: number, n = 0) => ({
  blockNumber: String(blockNumber),
  timeStamp: '1795248000',
  hash: `0x${(blockNumber * 1_000 + n).toString(16).padStart(64, '0')}`,
  from: '0x6b3f6c0f3fbf3f6c0f3fbf3f6c0f3fbf3f6c0f3f',
  to: address.toLowerCase(),
  value: '115792089237316195423570985008687907853269984665640564039457584007913129639935',
  gasUsed: '21000',
  gasPrice: '1000000007',
  isError: '0',
  confirmations: '5',
})

describe('a balance', () => {
  test('is in wei, of any size', async () => {
    const { client, sent } = givenApi('etherscan', ok('40891626854930000000999'))
    expect(await readBalance(client, { address, chainId: 8453 })).toBe(40_891_626_854_930_000_000_999n)
    expect(sent[0]?.target).toBe(`?module=account&action=balance&address=${address}&tag=latest&chainid=8453`)
  })

  test.each(['0x', `${address}0`, 'vitalik.eth', ''])('of %j is not asked for', async (wrong) => {
    const { client, sent } = givenApi('etherscan')
    await expect(readBalance(client, { address: wrong })).rejects.toThrow('/address must be an address')
    expect(sent).toEqual([])
  })

  test.each([
    ['Max rate limit reached', 'throttled'],
    ['Invalid API Key', 'revoked'],
    ['Error! Invalid address format', 'invalid'],
  ])('that is refused by "%s" is an error: %s', async (result, kind) => {
    const { client } = givenApi('etherscan', notOk(result))
    await expect(readBalance(client, { address })).rejects.toMatchObject({ kind })
  })

  test('that is a number is refused', async () => {
    const { client } = givenApi('etherscan', ok(4.1e19))
    await expect(readBalance(client, { address })).rejects.toThrow(/at \/result$/)
  })
})

test('the number of the newest block is read out of JSON-RPC', async () => {
  const { client } = givenApi('etherscan', { body: { jsonrpc: '2.0', id: 83, result: '0x15f2a3b' } })
  expect(await readBlockNumber(client)).toBe(0x15f2a3b)
})

test('gas is in wei', async () => {
  const { client, sent } = givenApi(
    'etherscan',
    ok({
      LastBlock: '23467872',
      SafeGasPrice: '0.496839934',
      ProposeGasPrice: '5',
      FastGasPrice: '0.55411917',
      suggestBaseFee: '0.4968380949',
      gasUsedRatio: '0.56,0.35',
    }),
  )
  expect(await readGasPrice(client)).toEqual({
    safe: 496_839_934n,
    standard: 5_000_000_000n,
    fast: 554_119_170n,
    baseFee: 496_838_094n,
  })
  expect(queryOf(sent[0]?.target)).toEqual({ module: 'gastracker', action: 'gasoracle' })
})

describe('an interface', () => {
  test('is read out of its text', async () => {
    const { client } = givenApi('etherscan', ok('[{"type":"function","name":"mint","inputs":[]}]'))
    expect(await readAbi(client, { address })).toEqual([{ type: 'function', name: 'mint', inputs: [] }])
  })

  test('of a contract that is not verified is an error', async () => {
    const { client } = givenApi('etherscan', notOk('Contract source code not verified'))
    await expect(readAbi(client, { address })).rejects.toMatchObject({ kind: 'invalid' })
  })
})

describe('transactions', () => {
  test('are read oldest first, exactly', async () => {
    const { client, sent } = givenApi('etherscan', ok([transaction(7)]), ok([]))
    const [found] = await collect(listTransactions(client, { address, fromBlock: 5, toBlock: 9 }))
    expect(found).toMatchObject({ blockNumber: 7, value: 2n ** 256n - 1n, gasPrice: 1_000_000_007n })
    expect(queryOf(sent[0]?.target)).toEqual({
      module: 'account',
      action: 'txlist',
      address,
      startblock: '5',
      endblock: '9',
      sort: 'asc',
      offset: '1000',
      page: '1',
    })
  })

  test('that are none are no error', async () => {
    const none = { body: { status: '0', message: 'No transactions found', result: [] } }
    const { client } = givenApi('etherscan', none)
    expect(await collect(listTransactions(client, { address }))).toEqual([])
  })

  test('of more than one window come once each, also equal transfers of one block', async () => {
    // 10,400 transfers, 8 a block, all alike: only their number tells them apart.
    const chain = Array.from({ length: 10_400 }, (_, i) => ({
      ...transaction(Math.floor(i / 8)),
      contractAddress: '0xdac17f958d2ee523a2206206994597c13d831ec7',
      tokenSymbol: 'USDT',
      tokenDecimal: '6',
    }))
    const { client, sent } = givenApi('etherscan', ({ target }) => {
      const { startblock, page, offset } = queryOf(target)
      const window = chain.filter(({ blockNumber }) => Number(blockNumber) >= Number(startblock))
      const from = (Number(page) - 1) * Number(offset)
      if (Number(page) * Number(offset) > 10_000) return notOk('Result window is too large')
      return ok(window.slice(from, from + Number(offset)))
    })
    const found = await collect(listTokenTransfers(client, { address }))
    expect(found).toHaveLength(10_400)
    expect(found.map(({ blockNumber }) => blockNumber)).toEqual(
      chain.map(({ blockNumber }) => Number(blockNumber)),
    )
    expect(sent).toHaveLength(12)
  })

  test('of wrong types are refused, with the place', async () => {
    const { client } = givenApi('etherscan', ok([{ ...transaction(7), value: '1.5e18' }]))
    await expect(collect(listTransactions(client, { address }))).rejects.toThrow(/at \/value$/)
  })
})

test('ether and wei are one amount', () => {
  expect(weiOf('1.5')).toBe(1_500_000_000_000_000_000n)
  expect(() => weiOf('0.0000000000000000001')).toThrow(RangeError)
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 256n }), (wei) => {
      expect(weiOf(etherOf(wei))).toBe(wei)
    }),
  )
})
