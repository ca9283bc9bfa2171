import type { UpdateItemCommandInput } from '@aws-sdk/client-dynamodb'
import { DeleteItemCommand } from '@aws-sdk/client-dynamodb'
import type { WorkerDeps } from '#functions/worker/batch.ts'
import { decodeEnvelope, inlineBytes, isStored, type Envelope } from '#lib/buffer/envelope.ts'
import { sha256Hex, toBase64 } from '#lib/primitives/bytes.ts'
import type { IngestDeps } from '#lib/webhooks/ingest.ts'
import { createHash } from 'node:crypto'
import type { Command } from './models/model.ts'

/**
 * A fault planted in Sluice itself, to see that the simulation notices. It changes what the code sends or is given, never
 * the code: production has no branch for it.
 */
export interface Mutant {
  readonly name: string
  readonly what: string
  readonly command: (command: Command) => Command
  readonly worker?: (deps: WorkerDeps) => WorkerDeps
  readonly failures?: (ids: readonly string[]) => readonly string[]
  readonly ingest?: (deps: IngestDeps) => IngestDeps
}

const asIs = (command: Command): Command => command

export const noMutant: Mutant = { name: 'none', what: 'nothing is changed', command: asIs }

type Update = UpdateItemCommandInput & { UpdateExpression: string; ConditionExpression: string }

/** Rewrites the updates that match; everything else passes. */
const onUpdate =
  (matches: (input: Update) => boolean, change: (input: Update) => Partial<Update> | Command) =>
  (command: Command): Command => {
    if (command.constructor.name !== 'UpdateItemCommand') return command
    const input = command.input as Update
    if (!matches(input)) return command
    const changed = change(input)
    if ('input' in changed) return changed
    return { constructor: command.constructor, input: { ...input, ...changed } }
  }

const isComplete = ({ UpdateExpression }: Update): boolean => UpdateExpression.includes('completedAt = ')
const isClaim = ({ UpdateExpression }: Update): boolean =>
  UpdateExpression.includes('ADD fence :one, attempts')
const isRelease = ({ ExpressionAttributeValues }: Update): boolean =>
  ExpressionAttributeValues?.[':st']?.S === 'retry'

/** Any owner will do: the binding stays in use, as DynamoDB demands. */
const withoutOwner = ({ ConditionExpression }: Update): Partial<Update> => ({
  ConditionExpression: ConditionExpression.replace('#owner = :me', '(#owner = :me OR #owner <> :me)'),
})

const changeSent =
  (change: (envelope: Envelope) => Envelope) =>
  (deps: IngestDeps): IngestDeps => ({
    ...deps,
    buffer: {
      ...deps.buffer,
      send: (envelope, signal) => deps.buffer.send(change(envelope), signal),
    },
  })

const bareId = (...parts: readonly string[]): string =>
  `evt_${createHash('sha256').update(parts.join('')).digest('base64url').slice(0, 32)}`

export const mutants: readonly Mutant[] = [
  { name: 'M01', what: 'complete without owner check', command: onUpdate(isComplete, withoutOwner) },
  { name: 'M02', what: 'release without owner check', command: onUpdate(isRelease, withoutOwner) },
  {
    name: 'M03',
    what: 'release by deleting the record',
    command: onUpdate(isRelease, (input) => {
      const { ':me': me, ':claimed': claimed } = input.ExpressionAttributeValues ?? {}
      return new DeleteItemCommand({
        TableName: input.TableName,
        Key: input.Key,
        ConditionExpression: input.ConditionExpression,
        ExpressionAttributeNames: input.ExpressionAttributeNames,
        ExpressionAttributeValues: { ':me': me ?? { S: '' }, ':claimed': claimed ?? { S: '' } },
      })
    }),
  },
  {
    name: 'M05',
    what: 'a lease that ends before its invocation',
    command: onUpdate(isClaim, ({ ExpressionAttributeValues: values = {} }) => ({
      ExpressionAttributeValues: {
        ...values,
        ':until': { N: String(Number(values[':until']?.N) - 25_000) },
      },
    })),
  },
  {
    name: 'M06',
    what: 'attempts counted only when a handler fails',
    command: (command) =>
      onUpdate(isRelease, (input) => ({
        UpdateExpression: `${input.UpdateExpression} ADD attempts :one`,
        ExpressionAttributeValues: { ...input.ExpressionAttributeValues, ':one': { N: '1' } },
      }))(
        onUpdate(isClaim, ({ UpdateExpression }) => ({
          UpdateExpression: UpdateExpression.replace(
            'ADD fence :one, attempts :one',
            ', attempts = if_not_exists(attempts, :one) ADD fence :one',
          ),
        }))(command),
      ),
  },
  {
    name: 'M07',
    what: 'an event that another worker holds is taken off the queue',
    command: asIs,
    worker: (deps) => ({
      ...deps,
      claims: {
        ...deps.claims,
        claim: async (request) => {
          const outcome = await deps.claims.claim(request)
          return outcome.kind === 'busy' ? { kind: 'settled', status: 'done' } : outcome
        },
      },
    }),
  },
  { name: 'M08', what: 'failed items are not reported', command: asIs, failures: () => [] },
  {
    name: 'M09',
    what: '202 before the queue has answered',
    command: asIs,
    ingest: (deps) => ({
      ...deps,
      buffer: {
        ...deps.buffer,
        send: async (envelope, signal) => {
          void deps.buffer.send(envelope, signal).catch(() => {})
        },
      },
    }),
  },
  {
    name: 'M10',
    what: 'the message before the object that it points to',
    command: asIs,
    ingest: (deps) => ({
      ...deps,
      objects: {
        ...deps.objects,
        put: async (key, bytes, signal) => {
          const written = deps.objects.put(key, bytes, signal)
          if (key.startsWith('bodies/')) void written.catch(() => {})
          else await written
        },
      },
    }),
  },
  {
    name: 'M11',
    what: 'the body carried as text',
    command: asIs,
    ingest: changeSent((envelope) => {
      if (isStored(envelope.body)) return envelope
      const text = Buffer.from(inlineBytes(envelope.body).toString('utf8'))
      return { ...envelope, body: { base64: toBase64(text), sha256: sha256Hex(text) } }
    }),
  },
  {
    name: 'M12',
    what: 'the key of an event without its tenant and endpoint',
    command: asIs,
    ingest: changeSent((envelope) => ({ ...envelope, id: bareId(envelope.deliveryKey) })),
  },
  {
    name: 'M13',
    what: 'the key of an event by concatenation',
    command: asIs,
    ingest: changeSent((envelope) => ({
      ...envelope,
      id: bareId(envelope.tenant, envelope.endpoint, envelope.deliveryKey),
    })),
  },
  {
    name: 'M14',
    what: 'done events forgotten after an hour',
    command: onUpdate(isClaim, ({ ExpressionAttributeValues: values = {} }) => ({
      ExpressionAttributeValues: {
        ...values,
        ':expireAt': { N: String(Number(values[':now']?.N) + 3_600) },
      },
    })),
  },
  {
    name: 'batch-forgets',
    what: 'an element that must wait is forgotten with its batch',
    command: asIs,
    worker: (deps) => ({ ...deps, queue: { send: async () => {} } }),
  },
  {
    name: 'batch-stays',
    what: 'a batch is done with whatever is settled by then',
    command: asIs,
    worker: (deps) => ({
      ...deps,
      claims: {
        ...deps.claims,
        park: (claim, reason, steps) =>
          reason === 'elements_waiting'
            ? deps.claims.complete(claim, { envelope: new Uint8Array([0]) })
            : deps.claims.park(claim, reason, steps),
      },
    }),
  },
]

export function findMutant(name: string): Mutant {
  const mutant = [noMutant, ...mutants].find((each) => each.name === name)
  if (!mutant)
    throw new Error(`there is no mutant ${name}; there are ${mutants.map((each) => each.name).join(', ')}`)
  return mutant
}

/** Reads a stored message, for checks; `undefined` when it is no event. */
export function envelopeIn(message: string): Envelope | undefined {
  try {
    return decodeEnvelope(message)
  } catch {
    return undefined
  }
}
