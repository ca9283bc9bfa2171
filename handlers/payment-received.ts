import { on } from '#lib/processing/handler.ts'

/** The part of Stripe's event that the books need. */
interface PaymentSucceeded {
  readonly data: {
    readonly object: { readonly id: string; readonly amount_received: number; readonly currency: string }
  }
}

/**
 * Books each received payment once: the books see the same `idempotency-key` in every attempt and every replay.
 * A refusal is thrown, so the event is tried again and, in the end, kept as a dead letter with this reason.
 */
export default on<PaymentSucceeded>('stripe.payment_intent.succeeded', async (event, ctx) => {
  const books = process.env['BOOKS_URL']
  if (!books) return ctx.log('info', 'a payment came in; set BOOKS_URL in sluice.config.ts to book it')

  const { id, amount_received: amount, currency } = event.data.data.object
  const answer = await ctx.fetch(books, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': ctx.idempotencyKey },
    body: JSON.stringify({ reference: id, amount, currency }),
  })
  if (!answer.ok) throw new Error(`the books answered ${answer.status}`)
})
