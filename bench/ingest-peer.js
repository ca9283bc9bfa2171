// The least that could do the webhook function's job with the public packages: a route, and one SendMessage.
import { Hono } from 'hono'
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'

const client = new SQSClient({})
const app = new Hono()
app.post('/webhooks/:provider', async (c) => {
  await client.send(new SendMessageCommand({ QueueUrl: 'x', MessageBody: await c.req.text() }))
  return c.body(null, 202)
})

export const handler = app.fetch
