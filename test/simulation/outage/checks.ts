import type { Envelope } from '#lib/buffer/envelope.ts'
import type { Notes } from './flow.ts'
import type { Figures } from './figures.ts'
import type { OutageWorld } from './world.ts'

export function checkBooks(_world: OutageWorld, _notes: Notes, _events: readonly Envelope[], _figures: Figures): void {}
