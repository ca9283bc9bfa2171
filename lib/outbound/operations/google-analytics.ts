import * as z from 'zod/mini'
import { askText, type ApiClient } from '../api-client.ts'
import { asked, askOne, checked, jsonBody, pathAt, pathTo, withQuery, type AskOptions } from './asking.ts'
import { day } from './fields.ts'

const name = z.string().check(z.regex(/^[A-Za-z]\w{0,39}$/, 'must be a name of letters, digits and _'))
const collectInput = z.strictObject({
  measurementId: z.string().check(z.regex(/^G-[A-Z\d]{4,16}$/, 'must be an id such as G-ABC123')),
  clientId: z.string().check(z.minLength(1)),
  userId: z.optional(z.string()),
  /** When it happened, microseconds since 1970; at most 72 hours ago. */
  timestampMicros: z.optional(z.int()),
  events: z
    .array(z.strictObject({ name, params: z.optional(z.record(name, z.json())) }))
    .check(z.minLength(1, 'must have an event'), z.maxLength(25, 'must be at most 25')),
})

export type CollectInput = z.input<typeof collectInput>

/**
 * Sends events by the Measurement Protocol. Google takes whatever it is sent with a 204, so the same is first shown to its
 * validation, which is an ApiError of kind `invalid` when something is wrong. Nothing is deduplicated but purchases of one
 * `transaction_id`: what is sent twice counts twice. The API secret is the connection's key.
 * @see https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference
 */
export async function collectEvents(
  client: ApiClient,
  input: CollectInput,
  options: AskOptions = {},
): Promise<void> {
  const { measurementId, clientId, userId, timestampMicros, events } = checked(
    'google-analytics collectEvents',
    collectInput,
    input,
  )
  const document = { client_id: clientId, user_id: userId, timestamp_micros: timestampMicros, events }
  const query = { measurement_id: measurementId }
  const strict = jsonBody({ ...document, validation_behavior: 'ENFORCE_RECOMMENDATIONS' })
  await askText(client, withQuery('/debug/mp/collect', query), asked(client, options, strict))
  await askText(client, withQuery('/mp/collect', query), asked(client, options, jsonBody(document)))
}

const reportInput = z.strictObject({
  propertyId: z.string().check(z.regex(/^\d{1,15}$/, 'must be the number of a property')),
  from: day,
  to: day,
  dimensions: z.optional(z.array(name).check(z.maxLength(9, 'must be at most 9'))),
  metrics: z.array(name).check(z.minLength(1), z.maxLength(10, 'must be at most 10')),
  /** Rows a page; Google gives 250,000 at most. */
  pageSize: z.optional(z.int().check(z.gte(1), z.lte(250_000))),
})

export type ReportInput = z.input<typeof reportInput>

const report = z.looseObject({
  /** Not there when nothing was counted. */
  rowCount: z.optional(z.int()),
  rows: z.optional(
    z.array(
      z.looseObject({
        dimensionValues: z.optional(z.array(z.looseObject({ value: z.string() }))),
        metricValues: z.array(z.looseObject({ value: z.string() })),
      }),
    ),
  ),
})

/** Names and values, all of them as text. */
export type ReportRow = Readonly<Record<string, string>>

/**
 * Rows of a report. What is counted of a day changes for two days and more: read them again. Each page counts against the
 * property's quota of tokens. It is another API with other credentials: the client's `fetch` brings an OAuth token of the scope
 * `analytics.readonly`, not the API secret.
 * @see https://developers.google.com/analytics/devguides/reporting/data/v1/rest/v1beta/properties/runReport
 */
export async function* runReport(
  client: ApiClient,
  input: ReportInput,
  options: AskOptions = {},
): AsyncGenerator<ReportRow, void, void> {
  const {
    propertyId,
    from,
    to,
    dimensions = [],
    metrics,
    pageSize = 10_000,
  } = checked('google-analytics runReport', reportInput, input)
  const path = pathAt(client, 'data', pathTo`/properties/${propertyId}:runReport`)
  for (let offset = 0; ;) {
    const body = jsonBody({
      dateRanges: [{ startDate: from, endDate: to }],
      dimensions: dimensions.map((each) => ({ name: each })),
      metrics: metrics.map((each) => ({ name: each })),
      // Without an order, pages may overlap.
      orderBys: dimensions.map((each) => ({ dimension: { dimensionName: each } })),
      limit: String(pageSize),
      offset: String(offset),
    })
    const { rows = [], rowCount = 0 } = await askOne(client, report, path, asked(client, options, body))
    for (const { dimensionValues = [], metricValues } of rows)
      yield Object.fromEntries([...named(dimensions, dimensionValues), ...named(metrics, metricValues)])
    offset += rows.length
    if (rows.length === 0 || offset >= rowCount) return
  }
}

const named = (names: readonly string[], values: readonly { readonly value: string }[]): [string, string][] =>
  names.map((each, i) => [each, values[i]?.value ?? ''])
