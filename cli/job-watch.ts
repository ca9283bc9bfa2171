import { seconds } from '#lib/primitives/clock.ts'
import type { AdminClient } from './admin-client.ts'
import type { Io } from './io.ts'
import type { Output } from './output.ts'

const look = seconds(2)
const width = 24

/** How a job that goes on by itself is shown. */
export interface JobView<Item> {
  readonly textOf: (item: Item) => string
  /** 0 to 1; null where nothing tells how far it is. */
  readonly shareOf: (item: Item) => number | null
}

/** Looks every two seconds until it is over, or someone has stopped it; a bar on standard error, or a line for each change. */
export async function watchJob<Item extends { readonly status: string }>(
  path: string,
  first: Item,
  { textOf, shareOf }: JobView<Item>,
  { api, io, output }: { readonly api: AdminClient; readonly io: Io; readonly output: Output },
): Promise<Item> {
  const shown = io.terminal.errors
  let item = first
  let said = ''
  for (;;) {
    const text = textOf(item)
    if (shown) io.err(`\r\u001B[K${bar(shareOf(item), output)}${text}`)
    else if (text !== said && !output.asJson) output.note(text)
    said = text
    if (item.status !== 'running') break
    await io.clock.sleep(look, io.signal)
    item = await api.get<Item>(path)
  }
  if (shown) io.err('\r\u001B[K')
  return item
}

function bar(share: number | null, { paint }: Output): string {
  if (share === null) return ''
  const full = Math.round(share * width)
  return `${paint('green', '█'.repeat(full))}${paint('dim', '░'.repeat(width - full))} `
}
