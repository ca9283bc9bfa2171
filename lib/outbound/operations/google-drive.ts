import * as z from 'zod/mini'
import { readPointer } from '../../primitives/json-pointer.ts'
import { googleDrive } from '../../providers/google-drive.ts'
import { parseAs, type ApiClient } from '../api-client.ts'
import { pagesOf } from '../paginate.ts'
import { asked, askOne, checked, withQuery, type AskOptions } from './asking.ts'

const token = z.string().check(z.minLength(1, 'must be a token'))

/** Where reading changes begins: now. @see https://developers.google.com/workspace/drive/api/reference/rest/v3/changes/getStartPageToken */
export async function readStartToken(client: ApiClient, options: AskOptions = {}): Promise<string> {
  const path = withQuery('/changes/startPageToken', { supportsAllDrives: true })
  const answer = z.looseObject({ startPageToken: token })
  return (await askOne(client, answer, path, asked(client, options, {}))).startPageToken
}

const changesInput = z.strictObject({ pageToken: token })

const change = z.looseObject({
  fileId: z.optional(z.string()),
  /** Deleted, or no longer shared with this account. */
  removed: z.optional(z.boolean()),
  time: z.optional(z.string()),
  /** `file` or `drive`. */
  changeType: z.optional(z.string()),
  file: z.optional(
    z.looseObject({
      id: z.optional(z.string()),
      name: z.optional(z.string()),
      mimeType: z.optional(z.string()),
      modifiedTime: z.optional(z.string()),
      trashed: z.optional(z.boolean()),
    }),
  ),
})

export type DriveChange = z.output<typeof change>

export interface DriveChanges {
  readonly changes: readonly DriveChange[]
  /** Where the next reading begins; keep it once the changes are kept. */
  readonly pageToken: string
}

/**
 * What changed since a token: each file once, as it is now. Tokens do not grow old.
 * @see https://developers.google.com/workspace/drive/api/reference/rest/v3/changes/list
 */
export async function listDriveChanges(
  client: ApiClient,
  input: z.input<typeof changesInput>,
  options: AskOptions = {},
): Promise<DriveChanges> {
  const { pageToken } = checked('google-drive listDriveChanges', changesInput, input)
  const { pages, lists } = googleDrive.api
  const start = withQuery('/changes', {
    pageToken,
    includeItemsFromAllDrives: true,
    supportsAllDrives: true,
    fields:
      'nextPageToken,newStartPageToken,changes(fileId,removed,time,changeType,file(id,name,mimeType,modifiedTime,trashed))',
  })
  const changes: DriveChange[] = []
  let next: unknown
  const init = asked(client, options, {})
  for await (const page of pagesOf(client, { dialect: pages.default, items: lists.changes, start, init })) {
    changes.push(...parseAs(z.array(change), page.items))
    next = readPointer(page.body, '/newStartPageToken')
  }
  // Only the last page has it.
  return { changes, pageToken: parseAs(token, next) }
}
