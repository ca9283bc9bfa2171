import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { epochMs, type EpochMs } from '../primitives/clock.ts'

interface Answer {
  readonly $metadata?: { date?: string }
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> }
}

/** Keeps the `date` header of every answer, refusals included, where {@link answerDate} finds it. */
export function keepAnswerDates<Client extends Pick<DynamoDBClient, 'middlewareStack'>>(
  client: Client,
): Client {
  client.middlewareStack.add(
    (next) => async (args) => {
      try {
        const result = await next(args)
        note(result.output as Answer, (result.response as Answer['$response'])?.headers?.['date'])
        return result
      } catch (error) {
        note(error as Answer, (error as Answer).$response?.headers?.['date'])
        throw error
      }
    },
    { step: 'deserialize', priority: 'high', name: 'keepAnswerDates' },
  )
  return client
}

function note({ $metadata }: Answer, date: string | undefined): void {
  if ($metadata && date !== undefined) $metadata.date = date
}

/** When the server said an answer or an error was made, cut to whole seconds; `undefined` when it did not. */
export function answerDate(answer: unknown): EpochMs | undefined {
  const date = Date.parse((answer as Answer | undefined)?.$metadata?.date ?? '')
  return Number.isNaN(date) ? undefined : epochMs(date)
}
