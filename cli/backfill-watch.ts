import { seconds } from '#lib/primitives/clock.ts'
import type { AdminClient } from './admin-client.ts'
import type { AnswerOf } from './call-api.ts'
import type { Io } from './io.ts'
import type { Output } from './output.ts'
import { counted } from './text.ts'

/** A backfill, as the API tells of it. */
export type BackfillItem = AnswerOf<'GET /api/polls/{id}/backfill/{backfill}'>

const look = seconds(2)
const width = 24

export function progressText({ share, read, total, found }: BackfillItem): string {
  const part = share === null ? '' : `${Math.floor(share * 100)}%, `
  const of = total === null ? counted(read, 'item') : `${read}/${counted(total, 'item')}`
  return `${part}${of} read, ${counted(found, 'event')}`
}

/** Looks every two seconds until it is over, or someone has stopped it; a bar on standard error, or a line for each change. */
export async function watchBackfill(
  path: string,
  first: BackfillItem,
  { api, io, output }: { readonly api: AdminClient; readonly io: Io; readonly output: Output },
): Promise<BackfillItem> {
  const shown = io.terminal.errors
  let item = first
  let said = ''
  for (;;) {
    const text = progressText(item)
    if (shown) io.err(`\r\u001B[K${bar(item, output)}${text}`)
    else if (text !== said && !output.asJson) output.note(text)
    said = text
    if (item.status !== 'running') break
    await io.clock.sleep(look, io.signal)
    item = await api.get<BackfillItem>(path)
  }
  if (shown) io.err('\r\u001B[K')
  return item
}

function bar({ share }: BackfillItem, { paint }: Output): string {
  if (share === null) return ''
  const full = Math.round(share * width)
  return `${paint('green', '█'.repeat(full))}${paint('dim', '░'.repeat(width - full))} `
}
