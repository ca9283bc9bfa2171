import * as z from 'zod/mini'
import { ApiError } from '../../errors/api-error.ts'
import type { ApiClient } from '../api-client.ts'
import { asked, askOne, checked, jsonBody, type AskOptions } from './asking.ts'

const messageInput = z.strictObject({
  /** Of one device, or a topic. */
  to: z.union([
    z.strictObject({ token: z.string().check(z.minLength(1)) }),
    z.strictObject({ topic: z.string().check(z.regex(/^[\w.~%-]{1,900}$/, 'must be a name of a topic')) }),
  ]),
  notification: z.optional(z.strictObject({ title: z.optional(z.string()), body: z.optional(z.string()) })),
  /** Text only. */
  data: z.optional(z.record(z.string(), z.string())),
  /** Of several under it that wait for a device, it gets the last: what makes a second sending harmless. At most 64. */
  collapseKey: z.optional(z.string().check(z.maxLength(64))),
})

export type PushInput = z.input<typeof messageInput>

const sent = z.looseObject({ name: z.string() })

export type Pushed =
  | { readonly kind: 'sent'; readonly name: string }
  /** The app is gone from the device: forget its token. */
  | { readonly kind: 'unregistered' }

/**
 * Sends a message to a device or a topic. FCM knows no idempotency key. It holds 4,096 bytes; about 240 a minute go to one device.
 * @see https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages/send
 */
export async function sendPush(
  client: ApiClient,
  input: PushInput,
  options: AskOptions = {},
): Promise<Pushed> {
  const { to, notification, data, collapseKey } = checked('firebase sendPush', messageInput, input)
  const message = {
    ...to,
    notification,
    data,
    ...(collapseKey !== undefined && {
      android: { collapse_key: collapseKey },
      apns: { headers: { 'apns-collapse-id': collapseKey } },
    }),
  }
  if (Buffer.byteLength(JSON.stringify({ notification, data })) > 4_096)
    throw new RangeError('firebase sendPush: a message holds 4,096 bytes')
  try {
    const { name } = await askOne(
      client,
      sent,
      '/messages:send',
      asked(client, options, jsonBody({ message })),
    )
    return { kind: 'sent', name }
  } catch (error) {
    if (error instanceof ApiError && error.code === 'UNREGISTERED') return { kind: 'unregistered' }
    throw error
  }
}
