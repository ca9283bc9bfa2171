import { UpdateItemCommand, type AttributeValue, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { admin } from './limits.ts'
import { answerKey, controlKeys, ttlAttribute } from '../config/names.ts'
import { errorName, SluiceError } from '../errors/sluice-error.ts'
import { epochMs, later, toSeconds, type Clock } from '../primitives/clock.ts'
import type { Begun, KeptAnswers } from './kept-answers.ts'

export interface DynamoAnswersOptions {
  readonly client: Pick<DynamoDBClient, 'send'>
  /** The Control table. */
  readonly table: string
  readonly clock: Clock
}

type Item = Readonly<Record<string, AttributeValue>>
interface Change {
  readonly set: string
  readonly when: string
  readonly values: Readonly<Record<string, AttributeValue>>
}

const text = (value: string): AttributeValue => ({ S: value })
const number = (value: number): AttributeValue => ({ N: String(value) })
const keyOf = (scope: string) => ({
  [controlKeys.partition]: text(answerKey(scope)),
  [controlKeys.sort]: text('answer'),
})

/** {@link KeptAnswers} in the Control table: an item for each key. */
export function dynamoAnswers({ client, table: TableName, clock }: DynamoAnswersOptions): KeptAnswers {
  /** The item that stands in the way; `undefined` where the change was made. */
  const change = async (scope: string, { set, when, values }: Change): Promise<Item | undefined> => {
    const command = new UpdateItemCommand({
      TableName,
      Key: keyOf(scope),
      UpdateExpression: set,
      ConditionExpression: when,
      ExpressionAttributeValues: values,
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    })
    try {
      await client.send(command)
      return undefined
    } catch (cause) {
      if (errorName(cause) === 'ConditionalCheckFailedException')
        return (cause as { readonly Item?: Item }).Item ?? {}
      throw new SluiceError('LEDGER_UNAVAILABLE', 'the kept answers did not answer', { cause })
    }
  }
  const own = async (scope: string, owner: string, set: string, values: Change['values']) => {
    const other = await change(scope, {
      set,
      when: 'heldBy = :owner',
      values: { ...values, ':owner': text(owner) },
    })
    if (other) throw new SluiceError('LEASE_LOST', 'another request has taken this key over')
  }
  return {
    async begin(scope, print, owner) {
      const now = clock.now()
      const held = await change(scope, beginning(print, owner, now))
      if (!held) return { kind: 'mine', since: now }
      const seen = read(held, print, now)
      if (seen.kind !== 'mine') return seen
      const other = await change(scope, takingOver(held, owner, now))
      return other ? read(other, print, now) : seen
    },
    keep: (scope, owner, { status, contentType, body }) =>
      own(scope, owner, 'SET answered = :status, contentType = :type, body = :body', {
        ':status': number(status),
        ':type': text(contentType),
        ':body': text(body),
      }),
    giveBack: (scope, owner, how) =>
      own(scope, owner, `SET ${how === 'free' ? ttlAttribute : 'leaseUntil'} = :past`, {
        ':past': number(0),
      }),
  }
}

/** Takes a key that is nobody's, or whose day is over. A repeated write of a lost answer finds its own owner. */
const beginning = (print: string, owner: string, now: ReturnType<Clock['now']>): Change => ({
  set: `SET v = :v, print = :print, heldBy = :owner, leaseUntil = :lease, since = :now, ${ttlAttribute} = :end REMOVE answered, contentType, body`,
  when: `attribute_not_exists(${controlKeys.partition}) OR ${ttlAttribute} <= :seconds OR heldBy = :owner`,
  values: {
    ':v': number(1),
    ':print': text(print),
    ':owner': text(owner),
    ':now': number(now),
    ':lease': number(later(now, admin.answerLeaseMs)),
    ':seconds': number(Math.floor(now / 1_000)),
    ':end': number(toSeconds(later(now, admin.answersMs))),
  },
})

/** Goes on for one whose time is over. */
const takingOver = (held: Item, owner: string, now: ReturnType<Clock['now']>): Change => ({
  set: 'SET heldBy = :owner, leaseUntil = :lease',
  when: '(heldBy = :before AND attribute_not_exists(answered)) OR heldBy = :owner',
  values: {
    ':owner': text(owner),
    ':before': held['heldBy'] ?? text(''),
    ':lease': number(later(now, admin.answerLeaseMs)),
  },
})

function read(item: Item, print: string, now: number): Begun {
  if (item['print']?.S !== print) return { kind: 'other' }
  const [status, body] = [item['answered']?.N, item['body']?.S]
  if (status !== undefined && body !== undefined) {
    const contentType = item['contentType']?.S ?? ''
    return { kind: 'answered', answer: { status: Number(status), contentType, body } }
  }
  const until = epochMs(Number(item['leaseUntil']?.N ?? 0))
  return until > now
    ? { kind: 'running', until }
    : { kind: 'mine', since: epochMs(Number(item['since']?.N ?? 0)) }
}
