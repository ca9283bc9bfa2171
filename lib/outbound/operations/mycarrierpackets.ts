import * as z from 'zod/mini'
import type { ApiClient } from '../api-client.ts'
import { asked, askOne, checked, withQuery, type AskOptions, type Params } from './asking.ts'

const dotNumber = z.int().check(z.gte(1, 'must be a DOT number'), z.lte(99_999_999, 'must be a DOT number'))
const docketNumber = z
  .string()
  .check(z.regex(/^(?:MC|FF|MX)\d{1,8}$/, 'must be a docket number such as MC12345'))

const carrierInput = z
  .strictObject({ dotNumber: z.optional(dotNumber), docketNumber: z.optional(docketNumber) })
  .check(
    z.refine((input) => input.dotNumber !== undefined || input.docketNumber !== undefined, 'needs a number'),
  )

const carrier = z.looseObject({
  DOTNumber: z.optional(z.nullable(z.int())),
  DocketNumber: z.optional(z.nullable(z.string())),
  LegalName: z.optional(z.nullable(z.string())),
  DBAName: z.optional(z.nullable(z.string())),
})

export type Carrier = z.output<typeof carrier>

/** Every call is a POST, with its parameters in the address and no body. It changes nothing, but is not repeated by itself. */
const ask = <Schema extends z.ZodMiniType>(
  client: ApiClient,
  schema: Schema,
  action: string,
  { params, options }: { readonly params: Params; readonly options: AskOptions },
): Promise<z.output<Schema>> =>
  askOne(
    client,
    schema,
    withQuery(`/api/v1/Carrier/${action}`, params),
    asked(client, options, { method: 'POST' }),
  )

/**
 * What is known of a carrier, its packet included: tax forms, agreements, bank details. Keep no more of it than is needed.
 * @see https://www.mycarrierpackets.com
 */
export async function readCarrier(
  client: ApiClient,
  input: z.input<typeof carrierInput>,
  options: AskOptions = {},
): Promise<Carrier> {
  const { dotNumber: DOTNumber, docketNumber: DocketNumber } = checked(
    'mycarrierpackets readCarrier',
    carrierInput,
    input,
  )
  return ask(client, carrier, 'GetCarrierData', { params: { DOTNumber, DocketNumber }, options })
}

/** A time without a zone: which one it is in is not published. Let windows overlap by a day. */
const localTime = z
  .string()
  .check(z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/, 'must be a time without a zone: 2026-11-21T08:00:00'))

const packetsInput = z
  .strictObject({ from: localTime, to: localTime })
  .check(z.refine(({ from, to }) => from <= to, 'must not end before it begins'))

const packet = z.looseObject({
  DOTNumber: z.optional(z.nullable(z.int())),
  DocketNumber: z.optional(z.nullable(z.string())),
  LegalName: z.optional(z.nullable(z.string())),
  CompletedDate: z.optional(z.nullable(z.string())),
})

export type CompletedPacket = z.output<typeof packet>

/** Carriers that completed a packet within a window; all come in one answer. @see https://www.mycarrierpackets.com */
export async function listCompletedPackets(
  client: ApiClient,
  input: z.input<typeof packetsInput>,
  options: AskOptions = {},
): Promise<CompletedPacket[]> {
  const { from, to } = checked('mycarrierpackets listCompletedPackets', packetsInput, input)
  return ask(client, z.array(packet), 'CompletedPackets', { params: { fromDate: from, toDate: to }, options })
}
