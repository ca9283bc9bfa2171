import type { PollDeclaration, Polls } from './polls.ts'

/** In which zone its times are is not published, nor when an item was changed. */
const inWindows = {
  progress: {
    kind: 'time',
    format: 'local',
    from: [{ pointer: '/CompletedDate', unit: 'iso' }],
    overlapMs: 86_400_000,
    aheadMs: 86_400_000,
    order: 'none',
    proven: { header: 'date' },
  },
  deletes: 'never',
} as const satisfies Omit<PollDeclaration, 'finds' | 'list' | 'event' | 'interval'>

const params = { fromDate: '{since}', toDate: '{until}' }

export const mycarrierpacketsPolls = {
  'completed-packets': {
    ...inWindows,
    finds:
      'Carriers that completed a packet. A webhook says it in other words, so the two are events of their own.',
    list: { path: '/api/v1/Carrier/CompletedPackets', method: 'POST', params, pages: 'single' },
    event: { keys: 'own', deliveryKey: [], type: 'completed-packet', eventType: [] },
    interval: { floorMs: 240_000, usualMs: 900_000, ceilingMs: 21_600_000 },
    hints: ['carrier.packet.completed'],
  },
  'carriers-changes': {
    ...inWindows,
    finds: 'What changed of the carriers.',
    list: { path: '/api/v1/Carrier/CarriersChanges', method: 'POST', params },
    event: { keys: 'own', deliveryKey: [], type: 'carrier-change', eventType: [] },
    interval: { floorMs: 240_000, usualMs: 900_000, ceilingMs: 21_600_000 },
  },
} as const satisfies Polls
