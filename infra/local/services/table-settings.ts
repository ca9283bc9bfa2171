import { ServiceFault, type Answer, type Json } from './aws-json.ts'
import type { Dynalite } from './dynalite.ts'
import type { State } from './state.ts'

const space = 'table'

interface TableSettings {
  readonly ttl?: string
  readonly deletionProtection?: boolean
  readonly pointInTimeRecovery?: boolean
}

/** `undefined`: the call goes on to dynalite. */
type Operation = (table: string, input: Json) => Promise<Answer | undefined> | Answer | undefined

/**
 * The calls about a table's settings, and the settings that come with its creation.
 * The function made answers `undefined` where the call is (also) one for dynalite.
 */
export function tableSettings(
  engine: Dynalite,
  state: State,
): (operation: string, input: Json) => Promise<Answer | undefined> {
  const read = (table: string) => (state.get(space, table) ?? {}) as TableSettings
  const change = (table: string, by: TableSettings) => state.put(space, table, { ...read(table), ...by })

  const protect: Operation = (table, { DeletionProtectionEnabled: deletionProtection }) => {
    if (typeof deletionProtection === 'boolean') change(table, { deletionProtection })
    return undefined
  }
  const operations: Readonly<Record<string, Operation>> = {
    CreateTable: protect,
    UpdateTable: protect,
    DeleteTable(table) {
      if (read(table).deletionProtection) throw new ServiceFault('ValidationException', protectedTable)
      state.delete(space, table)
      return undefined
    },
    async DescribeTable(table, input) {
      const answer = await engine.call('DescribeTable', JSON.stringify(input))
      if (answer.status !== 200) return answer
      const { Table } = JSON.parse(answer.body) as { Table: Json }
      return ok({ Table: { ...Table, DeletionProtectionEnabled: read(table).deletionProtection ?? false } })
    },
    UpdateTimeToLive(table, { TimeToLiveSpecification: asked }) {
      const { AttributeName, Enabled } = asked as { AttributeName: string; Enabled: boolean }
      const { ttl: _, ...rest } = read(table)
      state.put(space, table, { ...rest, ...(Enabled && { ttl: AttributeName }) })
      return ok({ TimeToLiveSpecification: asked })
    },
    DescribeTimeToLive: (table) => ok({ TimeToLiveDescription: timeToLive(read(table)) }),
    UpdateContinuousBackups(table, { PointInTimeRecoverySpecification: asked }) {
      const { PointInTimeRecoveryEnabled } = asked as { PointInTimeRecoveryEnabled: boolean }
      change(table, { pointInTimeRecovery: PointInTimeRecoveryEnabled })
      return ok(backups(read(table)))
    },
    DescribeContinuousBackups: (table) => ok(backups(read(table))),
  }
  return async (operation, input) => {
    const table = typeof input['TableName'] === 'string' ? input['TableName'] : ''
    return Object.hasOwn(operations, operation) ? operations[operation]?.(table, input) : undefined
  }
}

const protectedTable =
  'Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.'

const ok = (value: Json): Answer => ({ status: 200, body: JSON.stringify(value) })

const timeToLive = ({ ttl }: TableSettings): Json =>
  ttl ? { TimeToLiveStatus: 'ENABLED', AttributeName: ttl } : { TimeToLiveStatus: 'DISABLED' }

const backups = ({ pointInTimeRecovery }: TableSettings): Json => ({
  ContinuousBackupsDescription: {
    ContinuousBackupsStatus: 'ENABLED',
    PointInTimeRecoveryDescription: {
      PointInTimeRecoveryStatus: pointInTimeRecovery ? 'ENABLED' : 'DISABLED',
    },
  },
})

/** Tables that have a TTL attribute, with its name. */
export const ttlAttributes = (
  state: State,
): readonly { readonly table: string; readonly attribute: string }[] =>
  state.list(space).flatMap(({ key, value }) => {
    const { ttl } = value as TableSettings
    return ttl ? [{ table: key, attribute: ttl }] : []
  })
