import * as z from 'zod/mini'
import { askText, parseAs, type ApiClient } from '../api-client.ts'
import { jsonLines } from '../lines.ts'
import { asked, askOne, checked, jsonBody, pathAt, withQuery, type AskOptions } from './asking.ts'
import { day } from './fields.ts'

const exportInput = z
  .strictObject({
    /** Days in the project's time zone, both included. */
    from: day,
    to: day,
    events: z.optional(z.array(z.string()).check(z.minLength(1))),
    projectId: z.optional(z.int()),
  })
  .check(z.refine(({ from, to }) => from <= to, 'must not end before it begins'))

const event = z.looseObject({
  event: z.string(),
  properties: z.looseObject({
    /** Seconds since 1970, in the project's time zone. */
    time: z.int(),
    distinct_id: z.optional(z.union([z.string(), z.number()])),
    $insert_id: z.optional(z.string()),
  }),
})

export type MixpanelEvent = z.output<typeof event>

/**
 * Events as they were sent, line by line as they arrive. They are not deduplicated: know them by `$insert_id`. The last days fill
 * up for a while, so read them again. At most 60 exports an hour. A connection's `fetch` reads for 5 seconds and up to 10 MiB:
 * give it more of both for an export.
 * @throws SluiceError `ANSWER_REFUSED` for a line that is no event; an export that breaks off throws what the stream does.
 * @see https://developer.mixpanel.com/reference/raw-event-export
 */
export async function* exportEvents(
  client: ApiClient,
  input: z.input<typeof exportInput>,
  options: AskOptions = {},
): AsyncGenerator<MixpanelEvent, void, void> {
  const { from, to, events, projectId } = checked('mixpanel exportEvents', exportInput, input)
  const path = withQuery(pathAt(client, 'export', '/export'), {
    from_date: from,
    to_date: to,
    event: events && JSON.stringify(events),
    project_id: projectId,
  })
  const answer = await client.fetch(path, asked(client, options, {}))
  if (!answer.ok) {
    await askText({ ...client, fetch: async () => answer }, path)
    return
  }
  for await (const line of jsonLines(answer.body)) yield parseAs(event, line)
}

const trackInput = z.strictObject({
  /** The project's token, which is no secret. */
  token: z.string().check(z.regex(/^[\da-f]{32}$/i, 'must be the token of a project')),
  events: z
    .array(
      z.strictObject({
        event: z.string().check(z.minLength(1)),
        /** Milliseconds since 1970: when it happened, not when it is sent, so that a second sending is known. */
        timeMs: z.int(),
        distinctId: z.string(),
        /** Of your own record: a second event with this, the name, the time and the user is taken once. */
        insertId: z.string().check(z.regex(/^[A-Za-z\d-]{1,36}$/, 'must be letters, digits and dashes')),
        properties: z.optional(z.record(z.string(), z.json())),
      }),
    )
    .check(z.minLength(1, 'must have an event'), z.maxLength(2_000, 'must be at most 2,000')),
})

export type TrackInput = z.input<typeof trackInput>

/** Sends events of the last five days. @see https://developer.mixpanel.com/reference/track-event */
export async function trackEvents(
  client: ApiClient,
  input: TrackInput,
  options: AskOptions = {},
): Promise<void> {
  const { token, events } = checked('mixpanel trackEvents', trackInput, input)
  const body = events.map(({ event: name, timeMs: at, distinctId, insertId, properties }) => ({
    event: name,
    properties: { ...properties, token, time: at, distinct_id: distinctId, $insert_id: insertId },
  }))
  await askOne(
    client,
    z.looseObject({ status: z.literal(1) }),
    '/track?verbose=1',
    asked(client, options, jsonBody(body)),
  )
}
