import { github } from './github.ts'
import { hmac } from './hmac.ts'
import type { Sampler } from './sample.ts'
import { slack } from './slack.ts'
import { standardWebhooks } from './standard-webhooks.ts'
import { stripe } from './stripe.ts'

const byProvider = new Map<string, Sampler>([
  ['github', github],
  ['hmac', hmac],
  ['slack', slack],
  ['standard-webhooks', standardWebhooks],
  ['stripe', stripe],
])

/** What to send for `provider`; the neutral shop of `hmac` for one that has no sample of its own yet. */
export const samplerOf = (provider: string): Sampler => byProvider.get(provider) ?? hmac
