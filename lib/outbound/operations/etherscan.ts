import * as z from 'zod/mini'
import { decimalOf, unitsOf } from '../../primitives/decimal.ts'
import { jsonOf, parseAs, type ApiClient } from '../api-client.ts'
import { asked, askOne, checked, withQuery, type AskOptions, type Params } from './asking.ts'
import { quantity, unitsText } from './fields.ts'

/** `weiOf('1.5')` is `1500000000000000000n`. @throws {RangeError} for a part of a wei. */
export const weiOf = (ether: string): bigint => unitsOf(ether, 18)
/** Wei as ether, with all eighteen digits. */
export const etherOf = (wei: bigint): string => decimalOf(wei, 18)

export const account = z.string().check(z.regex(/^0x[\da-f]{40}$/i, 'must be an address of 20 bytes'))
export const chainId = z.optional(z.int().check(z.gte(1)))
const addressInput = z.strictObject({ address: account, chainId })

export type AddressInput = z.input<typeof addressInput>

/** A question to Etherscan: its API is one address. */
export const path = (module: string, action: string, params: Params): string =>
  withQuery('', { module, action, ...params })

const result = <Schema extends z.ZodMiniType>(schema: Schema) => z.looseObject({ result: schema })

/** What an address holds, in wei. @see https://docs.etherscan.io/api-reference/endpoint/balance */
export async function readBalance(
  client: ApiClient,
  input: AddressInput,
  options: AskOptions = {},
): Promise<bigint> {
  const { address, chainId: chainid } = checked('etherscan readBalance', addressInput, input)
  const target = path('account', 'balance', { address, tag: 'latest', chainid })
  return (await askOne(client, result(unitsText), target, asked(client, options, {}))).result
}

/** The number of the newest block. @see https://docs.etherscan.io/api-reference/endpoint/ethblocknumber */
export async function readBlockNumber(
  client: ApiClient,
  { chainId: chainid }: { readonly chainId?: number | undefined } = {},
  options: AskOptions = {},
): Promise<number> {
  const target = path('proxy', 'eth_blockNumber', { chainid })
  return Number((await askOne(client, result(quantity), target, asked(client, options, {}))).result)
}

/** Gwei as wei; what is less than a wei is dropped. */
const gwei = z.pipe(
  z.string().check(z.regex(/^\d{1,12}(?:\.\d{1,30})?$/)),
  z.transform((text: string) => unitsOf(text.replace(/(\.\d{9})\d+$/, '$1'), 9)),
)
const gas = z.looseObject({
  SafeGasPrice: gwei,
  ProposeGasPrice: gwei,
  FastGasPrice: gwei,
  suggestBaseFee: gwei,
})

/** What a unit of gas costs, in wei. */
export interface GasPrice {
  readonly safe: bigint
  readonly standard: bigint
  readonly fast: bigint
  readonly baseFee: bigint
}

/** @see https://docs.etherscan.io/api-reference/endpoint/gasoracle */
export async function readGasPrice(
  client: ApiClient,
  { chainId: chainid }: { readonly chainId?: number | undefined } = {},
  options: AskOptions = {},
): Promise<GasPrice> {
  const target = path('gastracker', 'gasoracle', { chainid })
  const found = (await askOne(client, result(gas), target, asked(client, options, {}))).result
  const { SafeGasPrice: safe, ProposeGasPrice: standard, FastGasPrice: fast, suggestBaseFee: baseFee } = found
  return { safe, standard, fast, baseFee }
}

const abi = z.array(z.looseObject({ type: z.string(), name: z.optional(z.string()) }))

export type Abi = z.output<typeof abi>

/**
 * The interface of a contract whose source is verified; of another one it is an ApiError of kind `invalid`.
 * @see https://docs.etherscan.io/api-reference/endpoint/getabi
 */
export async function readAbi(
  client: ApiClient,
  input: AddressInput,
  options: AskOptions = {},
): Promise<Abi> {
  const { address, chainId: chainid } = checked('etherscan readAbi', addressInput, input)
  const target = path('contract', 'getabi', { address, chainid })
  const answer = await askOne(client, result(z.string()), target, asked(client, options, {}))
  return parseAs(abi, jsonOf(answer.result))
}
