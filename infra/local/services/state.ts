import { DatabaseSync } from 'node:sqlite'

/**
 * What the services of our own keep: JSON values by space and key, and short logs. Every change is with the
 * system when the call returns: the process may be killed at any moment, only a power cut may take the last changes.
 */
export interface State {
  get(space: string, key: string): unknown
  put(space: string, key: string, value: unknown): void
  delete(space: string, key: string): void
  list(space: string): readonly { readonly key: string; readonly value: unknown }[]
  /** Adds to the log of `space`, which forgets all but its last `keep` entries. */
  append(space: string, values: readonly unknown[], keep: number): void
  /** The log of `space`, oldest entry first. */
  log(space: string): readonly unknown[]
  close(): void
}

const schema = `
  CREATE TABLE IF NOT EXISTS item (space TEXT, key TEXT, value TEXT NOT NULL, PRIMARY KEY (space, key)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS entry (seq INTEGER PRIMARY KEY AUTOINCREMENT, space TEXT NOT NULL, value TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS entry_by_space ON entry (space, seq);`

const parsed = (row: unknown): unknown => JSON.parse((row as { value: string }).value)

/** Opens `file`, or a store in memory when there is none. */
export function openState(file = ':memory:'): State {
  const db = new DatabaseSync(file)
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; ${schema}`)
  const select = db.prepare('SELECT value FROM item WHERE space = ? AND key = ?')
  const upsert = db.prepare('INSERT OR REPLACE INTO item VALUES (?, ?, ?)')
  const remove = db.prepare('DELETE FROM item WHERE space = ? AND key = ?')
  const every = db.prepare('SELECT key, value FROM item WHERE space = ? ORDER BY key')
  const insert = db.prepare('INSERT INTO entry (space, value) VALUES (?, ?)')
  const forget = db.prepare(
    'DELETE FROM entry WHERE space = ?1 AND seq <= (SELECT seq FROM entry WHERE space = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?2)',
  )
  const entries = db.prepare('SELECT value FROM entry WHERE space = ? ORDER BY seq')
  return {
    get: (space, key) => {
      const row = select.get(space, key)
      return row && parsed(row)
    },
    put: (space, key, value) => void upsert.run(space, key, JSON.stringify(value)),
    delete: (space, key) => void remove.run(space, key),
    list: (space) => every.all(space).map((row) => ({ key: String(row['key']), value: parsed(row) })),
    append(space, values, keep) {
      db.exec('BEGIN')
      for (const value of values) insert.run(space, JSON.stringify(value))
      forget.run(space, keep)
      db.exec('COMMIT')
    },
    log: (space) => entries.all(space).map(parsed),
    close: () => db.close(),
  }
}
