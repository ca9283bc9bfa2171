import { Agent, request } from 'node:http'
import { randomUUID } from 'node:crypto'
import Stripe from 'stripe'

export interface Sending {
  readonly url: string
  readonly secret: string
  /** Events a second, whether or not earlier ones were answered: providers do not wait for each other. */
  readonly rate: number
  readonly seconds: number
  readonly onSecond: (second: number) => void
}

export interface Sent {
  /** Ids of the events that were accepted. */
  readonly accepted: readonly string[]
  /** How often each other answer came; 0 is none at all. */
  readonly refused: ReadonlyMap<number, number>
  readonly latenciesMs: readonly number[]
  /** The longest that a request was late in leaving, because this process was busy. */
  readonly latestMs: number
}

const stripe = new Stripe('sk_test_load')
const agent = new Agent({ keepAlive: true, maxSockets: 256 })

/** Sends signed webhooks at an even pace, by Stripe's own signer. */
export async function sendWebhooks({ url, secret, rate, seconds, onSecond }: Sending): Promise<Sent> {
  const accepted: string[] = []
  const refused = new Map<number, number>()
  const latenciesMs: number[] = []
  const answers: Promise<void>[] = []
  const one = async (): Promise<void> => {
    const { status, id, ms } = await post(url, secret)
    latenciesMs.push(ms)
    if (status === 202 && id !== undefined) accepted.push(id)
    else refused.set(status, (refused.get(status) ?? 0) + 1)
  }
  const total = rate * seconds
  const began = performance.now()
  let latestMs = 0
  for (let count = 0; count < total;) {
    const due = Math.min(total, Math.floor(((performance.now() - began) * rate) / 1_000) + 1)
    for (; count < due; count += 1) {
      latestMs = Math.max(latestMs, performance.now() - began - (count * 1_000) / rate)
      if (count % rate === 0) onSecond(count / rate)
      answers.push(one())
    }
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  await Promise.all(answers)
  return { accepted, refused, latenciesMs, latestMs }
}

interface Answered {
  readonly status: number
  readonly id: string | undefined
  readonly ms: number
}

function post(url: string, secret: string): Promise<Answered> {
  const payload = JSON.stringify(paymentSucceeded())
  const signature = stripe.webhooks.generateTestHeaderString({ payload, secret })
  const began = performance.now()
  return new Promise((resolve) => {
    const end = (status: number, body: string) => {
      const ms = performance.now() - began
      resolve({ status, id: status === 202 ? (JSON.parse(body) as { id: string }).id : undefined, ms })
    }
    const headers = { 'content-type': 'application/json', 'stripe-signature': signature }
    const outgoing = request(url, { method: 'POST', agent, headers }, (answer) => {
      let body = ''
      answer.setEncoding('utf8').on('data', (part: string) => {
        body += part
      })
      answer.once('end', () => end(answer.statusCode ?? 0, body))
      answer.once('error', () => end(0, ''))
    })
    outgoing.once('error', (error: NodeJS.ErrnoException) => {
      // The server had closed a connection that was kept: nothing was sent, so every client sends it anew.
      if (outgoing.reusedSocket && error.code === 'ECONNRESET') resolve(post(url, secret))
      else end(0, '')
    })
    outgoing.end(payload)
  })
}

/** An event of about the size that Stripe's have. */
const paymentSucceeded = () => ({
  id: `evt_${randomUUID().replaceAll('-', '')}`,
  object: 'event',
  api_version: '2026-10-28',
  created: Math.floor(Date.now() / 1_000),
  type: 'payment_intent.succeeded',
  livemode: false,
  data: {
    object: {
      id: `pi_${randomUUID().replaceAll('-', '')}`,
      object: 'payment_intent',
      amount: 1_999,
      amount_received: 1_999,
      currency: 'eur',
      description: 'x'.repeat(900),
    },
  },
})
