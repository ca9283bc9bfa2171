import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import { describe, expect, test } from 'vitest'
import { mebibyte, useQueues } from './sqs-queues.ts'
import { sqsTargets } from './targets.ts'

describe.each(sqsTargets)('SQS, what Sluice calls, on $name', (target) => {
  const { send, make, put, receive, one, hide, remove, nothing } = useQueues(target)

  test('a message that is being worked on is seen by nobody else, and is gone once deleted', async () => {
    const url = await make('hidden')
    await put(url, 'x')
    const message = await one(url)
    await nothing(url)
    await remove(url, message)
    await hide(url, message, 0).catch(() => {})
    await nothing(url)
  })

  test('a message comes back when its visibility timeout ends, counted', async () => {
    const url = await make('returns')
    const { MessageId } = await put(url, 'x')
    const first = await one(url, 1)
    const again = await one(url)
    expect(again.MessageId).toBe(MessageId)
    expect(again.Attributes?.ApproximateReceiveCount).toBe('2')
    expect(again.Attributes?.SentTimestamp).toBe(first.Attributes?.SentTimestamp)
    expect(again.ReceiptHandle).not.toBe(first.ReceiptHandle)
  })

  test('a visibility of zero gives a message back at once, with its count kept', async () => {
    const url = await make('given-back')
    await put(url, 'x')
    for (const count of ['1', '2', '3']) {
      const message = await one(url)
      expect(message.Attributes?.ApproximateReceiveCount).toBe(count)
      await hide(url, message, 0)
    }
  })

  test('a message that failed too often goes to the dead-letter queue, whole', async () => {
    const dead = await make('dead')
    const { Attributes } = await send(
      new GetQueueAttributesCommand({ QueueUrl: dead, AttributeNames: ['QueueArn'] }),
    )
    const policy = { deadLetterTargetArn: Attributes?.QueueArn, maxReceiveCount: 2 }
    const url = await make('redrive', { RedrivePolicy: JSON.stringify(policy) })
    await put(url, 'poison', { MessageGroupId: 'tenant-1' })
    for (const count of ['1', '2']) {
      const message = await one(url)
      expect(message.Attributes?.ApproximateReceiveCount).toBe(count)
      await hide(url, message, 0)
    }
    await nothing(url)
    expect((await one(dead)).Body).toBe('poison')
  })

  test('a body of 1 MiB is taken and comes back whole; one byte more is refused', async () => {
    const url = await make('size')
    const body = `${'x'.repeat(mebibyte - 1)}y`
    await put(url, body)
    expect((await one(url)).Body).toBe(body)
    await expect(put(url, `${body}z`)).rejects.toThrow()
    await nothing(url)
  })

  test('one receive gives at most ten messages, and of a queue nothing is left out', async () => {
    const url = await make('many')
    await Promise.all(Array.from({ length: 25 }, (_, n) => put(url, `${n}`)))
    const seen = new Set<string | undefined>()
    while (seen.size < 25) {
      const messages = await receive(url)
      expect(messages.length).toBeLessThanOrEqual(10)
      expect(messages.length).toBeGreaterThan(0)
      for (const { Body } of messages) seen.add(Body)
    }
  })

  test('a queue that does not exist is named as the reason', async () => {
    const url = (await make('real')).replace('/real', '/unreal')
    await expect(put(url, 'x')).rejects.toMatchObject({
      name: expect.stringMatching(/QueueDoesNotExist|NonExistent/) as string,
    })
  })
})
