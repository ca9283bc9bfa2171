import type { Polls } from './polls.ts'

const file = 'id,name,mimeType,version,modifiedTime,trashed'

export const googleDrivePolls = {
  changes: {
    finds:
      'Files as they are after a change, and which were removed. A notification only says that something changed. Of what happened while no cursor was good, removals are not told.',
    list: {
      path: '/changes',
      params: {
        supportsAllDrives: 'true',
        includeItemsFromAllDrives: 'true',
        fields: `nextPageToken,newStartPageToken,changes(changeType,time,removed,fileId,driveId,file(${file}))`,
      },
      items: '/changes',
    },
    progress: {
      kind: 'cursor',
      param: 'pageToken',
      next: { page: '/newStartPageToken' },
      start: {
        path: '/changes/startPageToken',
        params: { supportsAllDrives: 'true' },
        pointer: '/startPageToken',
      },
      expired: [400, 404],
      resync: {
        format: 'iso-s',
        overlapMs: 3_600_000,
        list: {
          path: '/files',
          params: {
            q: "modifiedTime > '{since}'",
            supportsAllDrives: 'true',
            includeItemsFromAllDrives: 'true',
            fields: `nextPageToken,files(${file})`,
          },
          items: '/files',
        },
      },
    },
    event: {
      keys: 'own',
      deliveryKey: [
        [{ pointer: '/fileId' }, { pointer: '/file/version' }],
        [{ pointer: '/fileId' }, { pointer: '/time' }],
        [{ pointer: '/driveId' }, { pointer: '/changeType' }, { pointer: '/time' }],
        // As the list of files has it.
        [{ pointer: '/id' }, { pointer: '/version' }],
      ],
      type: 'change',
      eventType: [[{ pointer: '/changeType' }]],
      eventTime: [
        { pointer: '/time', unit: 'iso' },
        { pointer: '/modifiedTime', unit: 'iso' },
      ],
    },
    version: { pointer: '/file/version' },
    interval: { floorMs: 60_000, usualMs: 900_000, ceilingMs: 86_400_000 },
    deletes: 'listed',
    hints: ['*'],
  },
} as const satisfies Polls
