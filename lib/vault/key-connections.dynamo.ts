import { byRefresh } from '../config/names.ts'
import { instant, number, placing, text, toConnection } from './connection.dynamo.ts'
import type { Writer } from './connection-writer.dynamo.ts'
import type { Vault } from './vault.ts'

type KeyConnections = Pick<Vault, 'connectKey' | 'endKey' | 'postpone' | 'reseal'>

const nothing = 'attribute_not_exists(pk)'
const earlierKey = 'kind = :kind'
const givenBack = 'attribute_not_exists(tokens)'
const asItWasRead = 'version = :version AND kind = :key'

/** What is written of connections of kind `key`: nobody refreshes them, so nobody needs a lease. */
export function dynamoKeyConnections(write: Writer): KeyConnections {
  return { connectKey: connecting(write), endKey: ending(write), ...moving(write) }
}

function connecting(write: Writer): KeyConnections['connectKey'] {
  return async (connection, owner) => {
    const answer = await write({
      ...placing({ ...connection, kind: 'key' }, owner),
      condition: `#owner <> :me AND (${[nothing, earlierKey, givenBack].join(' OR ')})`,
    })
    if (answer.kind === 'written') return toConnection(answer.item)
    // The repeated write of a lost answer.
    return answer.found?.['owner']?.S === owner ? toConnection(answer.found) : 'taken'
  }
}

function ending(write: Writer): KeyConnections['endKey'] {
  return async ({ id, version }, cause) => {
    const answer = await write({
      id,
      update: `SET st = :st, cause = :cause, version = :next REMOVE ${byRefresh.sort}`,
      condition: `${asItWasRead} AND st = :active`,
      values: {
        ':st': text('needs_reauth'),
        ':cause': text(cause),
        ':active': text('active'),
        ':key': text('key'),
        ':version': number(version),
        ':next': number(version + 1),
      },
    })
    if (answer.kind === 'written') return 'saved'
    // Ours, when its answer got lost; or another's, who says the same.
    const { found } = answer
    const isSaid = found?.['version']?.N === String(version + 1) && found['cause']?.S === cause
    return isSaid ? 'saved' : 'lost'
  }
}

function moving(write: Writer): Pick<KeyConnections, 'postpone' | 'reseal'> {
  return {
    async postpone({ id, version }, until) {
      const answer = await write({
        id,
        update: until === undefined ? `REMOVE ${byRefresh.sort}` : `SET ${byRefresh.sort} = :until`,
        condition: asItWasRead,
        values: {
          ':key': text('key'),
          ':version': number(version),
          ...(until !== undefined && { ':until': text(instant(until)) }),
        },
      })
      return answer.kind === 'written' ? 'saved' : 'lost'
    },
    async reseal({ id, version, tokens: before }, after) {
      const answer = await write({
        id,
        update: 'SET tokens = :after',
        condition: `${asItWasRead} AND tokens = :before`,
        values: {
          ':key': text('key'),
          ':version': number(version),
          ':before': { B: before },
          ':after': { B: after },
        },
      })
      return answer.kind === 'written' ? 'saved' : 'lost'
    },
  }
}
