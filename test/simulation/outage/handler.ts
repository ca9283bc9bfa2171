import { on, type Handler } from '#lib/processing/handler.ts'

/** The user's code: one call for each event, and what an SDK makes of a bad answer. */
export const callHandler: Handler = on('*', async (_event, ctx) => {
  const fetch = ctx.sluice.fetch({ provider: 'acme', account: 'main' })
  const answer = await fetch(`/things/${ctx.idempotencyKey}`, {
    method: 'POST',
    body: '{}',
    headers: { 'x-run': String(ctx.fence) },
  })
  if (!answer.ok) throw new Error(`acme said ${answer.status}`)
})
