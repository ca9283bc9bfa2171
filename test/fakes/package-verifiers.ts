import { verify as verifyGithub } from '@octokit/webhooks-methods'
import { isValidSlackRequest } from '@slack/bolt'
import { Webhook } from 'standardwebhooks'
import Stripe from 'stripe'

/** A request as the provider's own package gets to see it. */
export interface Received {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  readonly secret: string
  readonly nowSeconds: number
}

type Verifier = (received: Received) => boolean | Promise<boolean>

const stripe = new Stripe('sk_test_not_a_key')
const text = (body: Uint8Array): string => Buffer.from(body).toString('utf8')
const throwsNot = (check: () => unknown): boolean => {
  try {
    check()
    return true
  } catch {
    return false
  }
}

/** What each provider's own package says. `standardwebhooks` reads the machine's time, so the caller must have set it. */
export const packageVerifiers: Readonly<Record<string, Verifier>> = {
  stripe: ({ headers, body, secret, nowSeconds }) =>
    throwsNot(() =>
      stripe.webhooks.signature?.verifyHeader(
        body,
        headers['stripe-signature'] ?? '',
        secret,
        300,
        undefined,
        nowSeconds * 1_000,
      ),
    ),
  github: async ({ headers, body, secret }) => {
    try {
      return await verifyGithub(secret, text(body), headers['x-hub-signature-256'] ?? '')
    } catch {
      return false
    }
  },
  slack: ({ headers, body, secret, nowSeconds }) =>
    isValidSlackRequest({
      signingSecret: secret,
      body: text(body),
      headers: {
        'x-slack-signature': headers['x-slack-signature'] ?? '',
        // As Bolt's own receivers read it.
        'x-slack-request-timestamp': Number.parseInt(headers['x-slack-request-timestamp'] ?? '', 10),
      },
      nowMilliseconds: nowSeconds * 1_000,
    }),
  'standard-webhooks': ({ headers, body, secret }) =>
    throwsNot(() => new Webhook(secret).verify(text(body), { ...headers }, { jsonParse: false })),
}
