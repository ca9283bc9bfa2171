import { expect, test } from 'vitest'
import type { Dynalite } from '#infra/local/services/dynalite.ts'
import { dynamodb } from '#infra/local/services/dynamodb.ts'
import { openState } from '#infra/local/services/state.ts'

/** An engine in which every condition fails, and which says what it was asked. */
function refusing(): { readonly engine: Dynalite; readonly asked: string[] } {
  const asked: string[] = []
  const answers: Readonly<Record<string, object>> = {
    DescribeTable: { Table: { KeySchema: [{ AttributeName: 'pk' }] } },
    GetItem: { Item: { pk: { S: 'x' } } },
  }
  const call: Dynalite['call'] = async (operation) => {
    asked.push(operation)
    const body = answers[operation]
    if (body) return { status: 200, body: JSON.stringify(body) }
    return { status: 400, body: JSON.stringify({ __type: 'com.amazonaws#ConditionalCheckFailedException' }) }
  }
  return { engine: { call, close: async () => {} }, asked }
}

test('no write of an item comes between a failed one and the look at what failed it', async () => {
  const { engine, asked } = refusing()
  const state = openState()
  const call = dynamodb(engine, state)
  const write = (pk: string) =>
    call(
      'UpdateItem',
      JSON.stringify({
        TableName: 'T',
        Key: { pk: { S: pk } },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    )
  await write('x')
  asked.length = 0
  const answers = await Promise.all([write('x'), write('x')])
  expect(asked).toEqual(['UpdateItem', 'GetItem', 'UpdateItem', 'GetItem'])
  expect(answers.map(({ body }) => (JSON.parse(body) as { Item: object }).Item)).toEqual([
    { pk: { S: 'x' } },
    { pk: { S: 'x' } },
  ])

  asked.length = 0
  await Promise.all([write('x'), write('y')])
  expect(asked.slice(0, 2)).toEqual(['UpdateItem', 'UpdateItem'])
  state.close()
})
