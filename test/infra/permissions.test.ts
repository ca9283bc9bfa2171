import { beforeAll, describe, expect, test } from 'vitest'
import type { FunctionName } from '#infra/plan.ts'
import type { SynthesizedTemplate } from '#infra/synth.ts'
import { all, grants, grantsOf, one, template, type Grant } from './given.ts'

let sluice: SynthesizedTemplate
let may: Readonly<Record<FunctionName, Grant[]>>
beforeAll(async () => {
  sluice = await template()
  const names = ['webhook', 'worker', 'sweeper', 'admin', 'oauth', 'refresher', 'proxy', 'poller'] as const
  may = Object.fromEntries(names.map((name) => [name, grantsOf(sluice, name)])) as typeof may
})

const functions = ['webhook', 'worker', 'sweeper', 'admin', 'oauth', 'refresher', 'proxy', 'poller'] as const
const services = (name: FunctionName) =>
  [...new Set(may[name].map(({ action }) => action.replace(/:.*/, '')))].toSorted()
const actions = (name: FunctionName) => [...new Set(may[name].map(({ action }) => action))].toSorted()
const reach = (name: FunctionName, id: string) =>
  may[name].filter(({ resource }) => resource.includes(`"${id}"`)).map(({ action }) => action)
const queue = (name: string): string =>
  all(sluice, 'AWS::SQS::Queue').find(([id]) =>
    new RegExp(`^SluiceBuffer${name}[0-9A-F]{8}$`).test(id),
  )?.[0] ?? ''
const table = (prefix: string): string => one(sluice, 'AWS::DynamoDB::GlobalTable', prefix).id

describe('the webhook function', () => {
  test('does its work with five actions', () =>
    expect(actions('webhook')).toEqual([
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      's3:PutObject',
      'secretsmanager:GetSecretValue',
      'sqs:SendMessage',
    ]))

  test('touches no table and no key', () => {
    expect(services('webhook')).not.toContain('dynamodb')
    expect(services('webhook')).not.toContain('kms')
  })

  test('publishes on no bus and starts no function', () => {
    expect(services('webhook')).not.toContain('events')
    expect(services('webhook')).not.toContain('lambda')
  })

  test('sends to the events queue and to no other, and receives from none', () => {
    expect(reach('webhook', queue('Events'))).toEqual(['sqs:SendMessage'])
    for (const other of ['Bulk', 'EventsDead', 'BulkDead']) expect(reach('webhook', queue(other))).toEqual([])
  })

  test('writes bodies and spill, and can read back neither', () => {
    const s3 = may.webhook.filter(({ action }) => action.startsWith('s3:'))
    expect(s3.map(({ resource }) => /\/(\w+)\/\*/.exec(resource)?.[1] ?? resource).toSorted()).toEqual([
      'bodies',
      'spill',
    ])
  })

  test('can not read the token of the API', () =>
    expect(reach('webhook', one(sluice, 'AWS::SecretsManager::Secret').id)).toEqual([]))
})

describe('the worker', () => {
  test('writes the ledger and reads nothing of it', () =>
    expect(reach('worker', table('SluiceLedger'))).toEqual(['dynamodb:UpdateItem']))

  test('reads and refreshes connections, and deletes none', () =>
    expect(reach('worker', table('SluiceVault')).toSorted()).toEqual([
      'dynamodb:BatchGetItem',
      'dynamodb:GetItem',
      'dynamodb:Query',
      'dynamodb:UpdateItem',
    ]))

  test('reads and moves limits and breakers, and makes nothing else in their table', () =>
    expect(reach('worker', table('SluiceControl')).toSorted()).toEqual([
      'dynamodb:GetItem',
      'dynamodb:UpdateItem',
    ]))

  test('can not read the token of the API', () =>
    expect(reach('worker', one(sluice, 'AWS::SecretsManager::Secret').id)).toEqual([]))

  test('sends elements of a batch that must wait to the events queue, and hints to the polls queue', () => {
    expect(reach('worker', queue('Events'))).toContain('sqs:SendMessage')
    expect(reach('worker', queue('Bulk'))).not.toContain('sqs:SendMessage')
    // An event that is a hint asks for polls; it can take none of them.
    expect(reach('worker', queue('Polls'))).toEqual(['sqs:SendMessage'])
  })

  test('takes nothing from a dead-letter queue', () => {
    for (const dead of ['EventsDead', 'BulkDead']) expect(reach('worker', queue(dead))).toEqual([])
  })

  test('deletes no object but tokens that it has taken back from the escrow', () => {
    const deletes = may.worker.filter(({ action }) => action === 's3:DeleteObject')
    expect(deletes.map(({ resource }) => /\/(\w+)\/\*/.exec(resource)?.[1])).toEqual(['escrow'])
  })

  test('publishes under no other name than sluice', () => {
    const policies = JSON.stringify(all(sluice, 'AWS::IAM::Policy'))
    expect(policies).toContain('{"StringEquals":{"events:source":"sluice"}}')
  })

  test('may not publish when the config switches the bus off', async () => {
    const { default: config } = await import('#config')
    const quiet = await template({ config: { ...config, eventBus: false } })
    expect(grantsOf(quiet, 'worker').filter(({ action }) => action.startsWith('events:'))).toEqual([])
  })
})

describe('the sweeper', () => {
  test('deletes nothing but spilled envelopes', () => {
    const deletes = may.sweeper.filter(({ action }) => action === 's3:DeleteObject')
    expect(deletes.map(({ resource }) => /\/(\w+)\/\*/.exec(resource)?.[1])).toEqual(['spill'])
  })

  test('takes from the dead-letter queues, never from the live ones', () => {
    for (const dead of ['EventsDead', 'BulkDead', 'PollsDead', 'BackfillsDead'])
      expect(reach('sweeper', queue(dead)).toSorted()).toEqual(['sqs:DeleteMessage', 'sqs:ReceiveMessage'])
    expect(reach('sweeper', queue('Events'))).toEqual(['sqs:SendMessage'])
  })

  test('sees how connections stand, and can change none', () =>
    expect(reach('sweeper', table('SluiceVault')).toSorted()).toEqual([
      'dynamodb:BatchGetItem',
      'dynamodb:Query',
    ]))

  test('sends events through again on the bulk queue, and takes slices of replays alone', () => {
    expect(reach('sweeper', queue('Bulk'))).toEqual(['sqs:SendMessage'])
    expect(reach('sweeper', queue('Replays')).toSorted()).toEqual([
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
      'sqs:ReceiveMessage',
      'sqs:SendMessage',
    ])
    expect(reach('admin', queue('Replays')).toSorted()).toEqual(['sqs:GetQueueAttributes', 'sqs:SendMessage'])
  })

  test('lists replays and what dead events wait for, and forgets the latter alone', () => {
    const policies = JSON.stringify(all(sluice, 'AWS::IAM::Policy'))
    for (const keys of ['replays', 'held', 'held#*'])
      expect(policies).toContain(
        `"Action":"dynamodb:Query","Condition":{"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["${keys}"]}}`,
      )
    expect(policies).toContain(
      '"Action":"dynamodb:DeleteItem","Condition":{"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["held","held#*"]}}',
    )
  })

  test('like each that a schedule starts may note its ends', () => {
    expect(JSON.stringify(all(sluice, 'AWS::IAM::Policy'))).toContain(
      '"Action":"dynamodb:UpdateItem","Condition":{"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["round"]}}',
    )
  })

  test('reads no secret', () => expect(services('sweeper')).not.toContain('secretsmanager'))
})

describe('the admin function', () => {
  test('reads one secret, its own', () => {
    const secret = one(sluice, 'AWS::SecretsManager::Secret').id
    const reads = may.admin.filter(({ action }) => action.startsWith('secretsmanager:'))
    expect(reads).toEqual([{ action: 'secretsmanager:GetSecretValue', resource: `{"Ref":"${secret}"}` }])
  })

  test('never scans and never deletes a record', () => {
    expect(actions('admin')).not.toContain('dynamodb:Scan')
    expect(actions('admin')).not.toContain('dynamodb:DeleteItem')
  })

  test('sends replays to the bulk queue, not among new events', () => {
    expect(reach('admin', queue('Bulk'))).toContain('sqs:SendMessage')
    expect(reach('admin', queue('Events'))).not.toContain('sqs:SendMessage')
  })

  test('makes data keys to seal with, and can unwrap none', () => {
    expect(actions('admin').filter((action) => action.startsWith('kms:'))).toEqual(['kms:GenerateDataKey'])
  })

  test('changes items of the shared table where they are rows of the audit, kept answers, counts and breakers', () =>
    expect(JSON.stringify(all(sluice, 'AWS::IAM::Policy'))).toContain(
      '"Action":"dynamodb:UpdateItem","Condition":{"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["audit#*","answer#*","sign-ins#*","breaker#*"]}}',
    ))

  test('finds backfills and subscriptions, and forgets none', () =>
    expect(JSON.stringify(all(sluice, 'AWS::IAM::Policy'))).toContain(
      '"Action":"dynamodb:Query","Condition":{"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["backfill#*","keeper#*"]}}',
    ))

  test('takes nothing off any queue', () => {
    expect(actions('admin')).not.toContain('sqs:ReceiveMessage')
    expect(actions('admin')).not.toContain('sqs:DeleteMessage')
  })
})

describe('the refresher', () => {
  test('alone wraps keys, and like the poller deletes nothing of the table of connections but what keys are in', () => {
    const wrapping = functions.filter((name) => actions(name).includes('kms:Encrypt'))
    const deleting = functions.filter((name) =>
      reach(name, table('SluiceVault')).includes('dynamodb:DeleteItem'),
    )
    expect([wrapping, deleting]).toEqual([['refresher'], ['refresher', 'poller']])
    const statements = JSON.stringify(all(sluice, 'AWS::IAM::Policy'))
    expect(statements).toContain(
      '"Action":"dynamodb:DeleteItem","Condition":{"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["tenant#*"]}}',
    )
  })

  test('the connect function and those that call providers are all that open what is sealed', () =>
    expect(functions.filter((name) => actions(name).includes('kms:Decrypt'))).toEqual([
      'worker',
      'oauth',
      'refresher',
      'proxy',
      'poller',
    ]))
})

describe('the proxy', () => {
  test('may with connections, limits and news what the worker may, and nothing with events that came in', () => {
    for (const id of [table('SluiceVault'), table('SluiceControl')])
      expect(reach('proxy', id).toSorted()).toEqual(reach('worker', id).toSorted())
    expect(reach('proxy', queue('Events'))).toEqual(['sqs:SendMessage'])
    expect(reach('proxy', queue('Bulk'))).toEqual([])
    expect(reach('proxy', table('SluiceLedger'))).toEqual([])
    expect(services('proxy')).not.toContain('events')
  })

  test('touches no object but tokens in the escrow', () => {
    const objects = may.proxy.filter(({ action }) => /^s3:(Get|Put|Delete)/.test(action))
    expect(new Set(objects.map(({ resource }) => /\/(\w+)\/\*/.exec(resource)?.[1]))).toEqual(
      new Set(['escrow']),
    )
  })

  test('reads the secrets of providers and the token of the API, and no other', () => {
    const reads = may.proxy.filter(({ action }) => action.startsWith('secretsmanager:'))
    expect(reads.map(({ action }) => action)).toEqual(Array(2).fill('secretsmanager:GetSecretValue'))
    expect(reach('proxy', one(sluice, 'AWS::SecretsManager::Secret').id)).toHaveLength(1)
  })
})

describe('the poller', () => {
  test('may with connections and limits what the worker may, and keeps polls beside them', () => {
    // By phases, and by when subscriptions are due.
    const more = ['dynamodb:DeleteItem', 'dynamodb:Query', 'dynamodb:Query']
    expect(reach('poller', table('SluiceVault')).toSorted()).toEqual(
      [...reach('worker', table('SluiceVault')), ...more].toSorted(),
    )
    expect(reach('poller', table('SluiceControl')).toSorted()).toEqual(
      // Its rounds are noted in a row of their own, which the right to move limits covers too.
      [...reach('worker', table('SluiceControl')), 'dynamodb:Query', 'dynamodb:UpdateItem'].toSorted(),
    )
    expect(reach('poller', table('SluiceLedger'))).toEqual([])
  })

  test('can delete polls, rows of phases, subscriptions and notes of what changed, and no connection', () =>
    expect(JSON.stringify(all(sluice, 'AWS::IAM::Policy'))).toContain(
      '"Action":"dynamodb:DeleteItem","Condition":{"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["poll#*","phase#*","keeper#*","changed"]}}',
    ))

  test('lists of the shared table what polls found first, and the API what webhooks missed: neither a login link', () => {
    const policies = JSON.stringify(all(sluice, 'AWS::IAM::Policy'))
    for (const keys of ['sighted#*#*', 'missed#*', 'audit#*'])
      expect(policies).toContain(
        `"Action":"dynamodb:Query","Condition":{"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["${keys}"]}}`,
      )
  })

  test('sends events and jobs, and takes jobs alone', () => {
    expect(reach('poller', queue('Events'))).toEqual(['sqs:SendMessage'])
    expect(reach('poller', queue('Polls')).toSorted()).toEqual([
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
      'sqs:ReceiveMessage',
      'sqs:SendMessage',
    ])
    expect(reach('poller', queue('Backfills')).toSorted()).toEqual(reach('poller', queue('Polls')).toSorted())
    expect(reach('poller', queue('Bulk'))).toEqual(['sqs:SendMessage'])
    for (const other of ['EventsDead', 'BulkDead', 'PollsDead', 'BackfillsDead', 'ReplaysDead'])
      expect(reach('poller', queue(other))).toEqual([])
  })

  test('writes large bodies and reads none, and keeps tokens in the escrow', () => {
    const objects = may.poller.filter(({ action }) => /^s3:(Get|Put|Delete)/.test(action))
    const places = objects.map(({ action, resource }) => `${action} ${/\/(\w+)\/\*/.exec(resource)?.[1]}`)
    expect(places.toSorted()).toEqual([
      's3:DeleteObject escrow',
      's3:GetObject escrow',
      's3:PutObject bodies',
      's3:PutObject escrow',
    ])
  })
})

describe('everyone', () => {
  test('has one policy of named actions for named resources', () => {
    const policies = all(sluice, 'AWS::IAM::Policy').map(([, policy]) => policy)
    expect(policies).toHaveLength(functions.length + 3)
    for (const [id] of all(sluice, 'AWS::IAM::Role')) {
      for (const { action, resource } of grants(sluice, id)) {
        expect(action).toMatch(/^[a-z0-9-]+:[A-Za-z]+$/)
        // CloudWatch knows no resources for it.
        if (action !== 'cloudwatch:GetMetricData') expect(resource).not.toBe('"*"')
      }
    }
  })

  test('is given no managed policy', () => {
    for (const [id, role] of all(sluice, 'AWS::IAM::Role'))
      expect(role.Properties, id).not.toHaveProperty('ManagedPolicyArns')
  })

  test.each(functions)('%s writes its own log and makes no log group', (name) => {
    expect(actions(name)).not.toContain('logs:CreateLogGroup')
    const logs = may[name].filter(({ action }) => action === 'logs:PutLogEvents')
    expect(logs).toHaveLength(1)
  })

  test('but those that hold tokens is kept from the key of the vault', () => {
    const holders = ['worker', 'oauth', 'refresher', 'proxy', 'poller']
    for (const name of functions) {
      expect(actions(name).includes('kms:Decrypt'), name).toBe(holders.includes(name))
      expect(services(name).includes('kms'), name).toBe([...holders, 'admin'].includes(name))
      const reached = reach(name, table('SluiceVault'))
      expect(reached.length > 0, name).toBe([...holders, 'admin', 'sweeper'].includes(name))
    }
  })

  test('uses the key of the vault for the vault alone, and for a tenant each time', () => {
    const policies = JSON.stringify(all(sluice, 'AWS::IAM::Policy'))
    const times = (text: string) => policies.split(text).length - 1
    expect(times('"kms:Decrypt"')).toBe(5)
    expect(times('"kms:GenerateDataKey"')).toBe(6)
    expect(times('"kms:EncryptionContext:sluice:purpose":"vault"')).toBe(6)
    expect(times('"kms:EncryptionContext:sluice:tenant":"false"')).toBe(6)
  })

  test('can hand no role to another service', () => {
    for (const name of functions) expect(services(name)).not.toContain('iam')
  })

  test('is started by its own gateway, queue or schedule, never by the whole internet', () => {
    for (const [id, permission] of all(sluice, 'AWS::Lambda::Permission')) {
      expect(permission.Properties?.['Principal'], id).toBe('apigateway.amazonaws.com')
      expect(JSON.stringify(permission.Properties?.['SourceArn']), id).toContain('SluiceFrontDoorApi')
    }
  })
})
