import { ledgerKey } from '../config/names.ts'
import type { Clock } from '../primitives/clock.ts'
import {
  buryWrite,
  claimWrite,
  completion,
  counting,
  death,
  giveBack,
  release,
  settleWrite,
  takeoverWrite,
  type Change,
} from './claim-writes.dynamo.ts'
import type {
  Claim,
  ClaimOutcome,
  ClaimRequest,
  Claims,
  EventFacts,
  FirstSight,
  Settlement,
} from './claims.ts'
import { ledgerWriter, type LedgerTable, type Writer } from './ledger-writer.dynamo.ts'
import { text, toRecord, type Item } from './record.dynamo.ts'
import type { LedgerRecord, RecordStatus } from './record.ts'

export interface DynamoClaimsOptions extends LedgerTable {
  readonly clock: Clock
}

/** {@link Claims} on one DynamoDB table: a new event costs two writes and no read, a duplicate one refused write. */
export function dynamoClaims(options: DynamoClaimsOptions): Claims {
  const { clock } = options
  const write = ledgerWriter(options)
  return {
    async claim(request) {
      const first = await write(claimWrite(request, clock.now()))
      if (first.kind === 'written') return claimedItem(first.item, request)
      const takeover = first.found && takeoverWrite(first.found, request, clock.now())
      if (!takeover) return refusal(first.found, request)
      const second = await write(takeover)
      return second.kind === 'written' ? claimedItem(second.item, request) : refusal(second.found, request)
    },
    complete: (claim, kept) => settle(write, claim, 'done', completion(clock.now(), kept)),
    fail: (claim, reason, steps) => settle(write, claim, 'retry', release(reason, steps)),
    park: (claim, reason, steps) => settle(write, claim, 'parked', giveBack(release(reason, steps))),
    bury: (claim, reason, kept) =>
      settle(write, claim, 'dead', counting(claim, death(claim.id, clock.now(), reason, kept))),
    async buryUnclaimed(event, reason, kept) {
      const answer = await write(buryWrite(event, reason, kept, clock.now()))
      if (answer.kind === 'written') return 'settled'
      const { found } = answer
      if (!found) return 'busy'
      if (!isSameFact(found, event)) return 'conflict'
      return found.st === 'done' || found.st === 'dead' ? 'settled' : 'busy'
    },
    async flagReplayed(id) {
      await write({
        id,
        update: 'SET flag = :flag',
        condition: `attribute_exists(${ledgerKey})`,
        values: { ':flag': text('replayed-delivery') },
      })
    },
  }
}

const claimedItem = (item: Item, request: ClaimRequest): ClaimOutcome => claimed(toRecord(item), request)

function claimed(record: LedgerRecord, { owner }: ClaimRequest): ClaimOutcome {
  const { pk: id, fence, attempts, leaseUntil, steps = [], redrives } = record
  const claim = { id, owner, fence, attempts, steps, leaseUntil, first: firstOf(record) }
  return { kind: 'claimed', claim: { ...claim, ...(redrives !== undefined && { redrives }) } }
}

const firstOf = ({ via, sightedAt }: LedgerRecord): FirstSight => ({
  via,
  ...(sightedAt !== undefined && { sightedAt }),
})

/** What the item says that stood in the way. Our own owner in it means that the lost answer was a success. */
function refusal(found: LedgerRecord | undefined, request: ClaimRequest): ClaimOutcome {
  if (!found) return { kind: 'busy', leaseUntil: request.leaseUntil }
  if (found.owner === request.owner && found.st === 'claimed') return claimed(found, request)
  if (!isSameFact(found, request.facts)) return { kind: 'conflict' }
  if (found.st !== 'done' && found.st !== 'dead') return { kind: 'busy', leaseUntil: found.leaseUntil }
  return {
    kind: 'settled',
    status: found.st,
    ...(found.unsignedId !== undefined && { unsignedId: found.unsignedId }),
    first: firstOf(found),
  }
}

/** Under one key, another content is another fact, unless it came another way: a bus words things differently than a webhook. */
const isSameFact = (found: LedgerRecord, event: EventFacts): boolean =>
  found.contentHash === event.contentHash || found.via !== event.via

/** Ends a claim, if it is still ours: our own owner and the wanted state in the item mean that the lost answer was a success. */
async function settle(
  write: Writer,
  claim: Claim,
  status: RecordStatus,
  change: Change,
): Promise<Settlement> {
  const answer = await write(settleWrite(claim, status, change))
  if (answer.kind === 'written') return 'settled'
  return answer.found?.owner === claim.owner && answer.found.st === status ? 'settled' : 'lost'
}
