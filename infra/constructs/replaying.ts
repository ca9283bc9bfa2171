import type { Buffer } from './buffer.ts'
import type { Control } from './control.ts'
import type { GatewayFunction } from './gateway-function.ts'
import type { Ledger } from './ledger.ts'
import type { Objects } from './objects.ts'

interface Parts {
  readonly buffer: Buffer
  readonly ledger: Ledger
  readonly control: Control
  readonly objects: Objects
}

/** May send the events of a window through again, slice by slice. */
export function lendReplaying(
  fn: GatewayFunction,
  { buffer, ledger, control, objects }: Parts,
  concurrency: number,
): void {
  buffer.lendReceiving(fn, 'replays', concurrency)
  for (const line of ['replays', 'bulk'] as const) buffer.lendSending(fn, line)
  ledger.lendHistory(fn)
  control.lendReplays(fn)
  objects.lend(fn, 'archive', ['read'])
}

/** May begin replays and stop them. */
export function lendReplays(fn: GatewayFunction, { buffer, control }: Parts): void {
  buffer.lendSending(fn, 'replays')
  control.lendReplays(fn)
}
