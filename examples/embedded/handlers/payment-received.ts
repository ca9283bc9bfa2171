import { on } from 'sluice/handler'

interface PaymentSucceeded {
  readonly data: { readonly object: { readonly id: string; readonly amount_received: number } }
}

export default on<PaymentSucceeded>('stripe.payment_intent.succeeded', (event, ctx) => {
  const { id, amount_received: amount } = event.data.data.object
  ctx.log('info', 'the shop was paid', { deliveryKey: id, count: amount })
})
