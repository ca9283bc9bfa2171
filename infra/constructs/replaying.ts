import type { Buffer } from './buffer.ts'
import type { Control } from './control.ts'
import type { GatewayFunction } from './gateway-function.ts'
import type { Ledger } from './ledger.ts'
import type { Objects } from './objects.ts'
import type { Vault } from './vault.ts'

interface Parts {
  readonly buffer: Buffer
  readonly ledger: Ledger
  readonly control: Control
  readonly objects: Objects
  readonly vault: Vault
}

/** May send events through again: those of a window, slice by slice, and those whose cause of death has ended. */
export function lendReplaying(
  fn: GatewayFunction,
  { buffer, ledger, control, objects, vault }: Parts,
  concurrency: number,
): void {
  buffer.lendReceiving(fn, 'replays', concurrency)
  for (const line of ['replays', 'bulk'] as const) buffer.lendSending(fn, line)
  ledger.lendHistory(fn)
  control.lendReplays(fn)
  objects.lend(fn, 'archive', ['read'])
  // What died of something that has ended is revived.
  control.lendHeld(fn)
  vault.lendLooking(fn)
}

/** May begin replays and stop them. */
export function lendReplays(fn: GatewayFunction, { buffer, control }: Parts): void {
  buffer.lendSending(fn, 'replays')
  control.lendReplays(fn)
}
