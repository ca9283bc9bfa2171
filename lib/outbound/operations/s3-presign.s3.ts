import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import * as z from 'zod/mini'
import { seconds, type Clock, type EpochMs, later } from '../../primitives/clock.ts'
import { checked } from './asking.ts'
import { line } from './fields.ts'

const uploadInput = z.strictObject({
  bucket: z.string().check(z.regex(/^[a-z\d][a-z\d.-]{1,61}[a-z\d]$/, 'must be a name of a bucket')),
  /** Yours to choose, not the uploader's. */
  key: z.string().check(z.minLength(1, 'must not be empty'), z.maxLength(1_024, 'must be at most 1,024')),
  contentType: line.check(z.minLength(3, 'must be a media type')),
  /** Exactly so many bytes: a longer or shorter body is refused. A single upload has 5 GiB at most. */
  contentLength: z.int().check(z.gte(0), z.lte(5_368_709_120, 'must be at most 5 GiB')),
  /** How long it may begin. Default 900, at most a week. */
  expiresInSeconds: z.optional(z.int().check(z.gte(1), z.lte(604_800, 'must be at most a week'))),
  /** Whether an object that is there may be written over. Default no: then S3 answers 412. */
  overwrite: z.optional(z.boolean()),
})

export type UploadInput = z.input<typeof uploadInput>

/** What the uploader sends, without credentials of its own: these headers as they are, and the bytes. */
export interface Upload {
  readonly method: 'PUT'
  /** Whoever has it may upload: as secret as a password, while it lasts. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly expiresAt: EpochMs
}

/**
 * An address to upload one object to, for a browser or a partner; for S3 and, with a client of {@link r2Endpoint}, for R2. Size,
 * type and "do not write over" are signed: an upload that differs is refused. An address signed by a role ends with the role's
 * session, if that is sooner. Nothing is sent here.
 * @throws {TypeError} for wrong input, or a client that would sign the checksum of an empty body
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/PresignedUrlUploadObject.html
 */
export async function presignUpload(
  client: S3Client,
  input: UploadInput,
  { clock }: { readonly clock: Clock },
): Promise<Upload> {
  const upload = checked('s3 presignUpload', uploadInput, input)
  const { bucket, key, contentType, contentLength, expiresInSeconds = 900, overwrite = false } = upload
  if ((await client.config.requestChecksumCalculation()) !== 'WHEN_REQUIRED')
    throw new TypeError("s3 presignUpload: the client must have requestChecksumCalculation 'WHEN_REQUIRED'")
  const command = new PutObjectCommand({
    Bucket: bucket,
    Key: key,
    ContentType: contentType,
    ContentLength: contentLength,
    ...(!overwrite && { IfNoneMatch: '*' }),
  })
  const now = clock.now()
  const url = await getSignedUrl(client, command, {
    expiresIn: expiresInSeconds,
    signingDate: new Date(now),
    // All else is signed anyway.
    signableHeaders: new Set(['content-type']),
  })
  return {
    method: 'PUT',
    url,
    headers: {
      'content-type': contentType,
      'content-length': String(contentLength),
      ...(!overwrite && { 'if-none-match': '*' }),
    },
    expiresAt: later(now, seconds(expiresInSeconds)),
  }
}

/**
 * What an S3 client needs to reach R2 in place of S3.
 * @see https://developers.cloudflare.com/r2/api/s3/api/
 */
export const r2Endpoint = (
  account: string,
  jurisdiction?: 'eu' | 'fedramp',
): {
  readonly region: 'auto'
  readonly endpoint: string
  readonly requestChecksumCalculation: 'WHEN_REQUIRED'
} => {
  if (!/^[\da-f]{32}$/.test(account)) throw new TypeError('r2: the account must be 32 hexadecimal digits')
  const place = jurisdiction === undefined ? '' : `.${jurisdiction}`
  return {
    region: 'auto',
    endpoint: `https://${account}${place}.r2.cloudflarestorage.com`,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  }
}
