import type { Provider } from './provider.ts'

/** Cloudflare R2, by its S3 API. Its events go to Cloudflare Queues, not to webhooks. */
export const r2 = {
  id: 'r2',
  displayName: 'Cloudflare R2',
  checkedOn: '2026-11-21',
  docs: [
    'https://developers.cloudflare.com/r2/api/s3/api/',
    'https://developers.cloudflare.com/r2/platform/limits/',
  ],
  api: {
    checkedOn: '2026-11-21',
    baseUrl: 'https://{account}.r2.cloudflarestorage.com',
    otherBaseUrls: {
      eu: 'https://{account}.eu.r2.cloudflarestorage.com',
      fedramp: 'https://{account}.fedramp.r2.cloudflarestorage.com',
    },
    signedBySdk: { service: 's3', region: 'auto' },
    errors: {
      code: [{ element: 'Code' }],
      message: [{ element: 'Message' }],
      // CopyObject and CompleteMultipartUpload may fail after their 200 was sent.
      inside: [{ pattern: String.raw`^(?:<\?xml[^>]*>\s*)?<Error>` }],
      rules: [
        { means: 'throttled', code: ['SlowDown', 'RequestLimitExceeded', 'TooManyRequests'] },
        {
          means: 'unavailable',
          code: [
            'InternalError',
            'ServiceUnavailable',
            'RequestTimeout',
            'OperationAborted',
            'ConditionalRequestConflict',
          ],
        },
        { means: 'expired', code: ['ExpiredToken'] },
        {
          means: 'revoked',
          code: ['InvalidAccessKeyId', 'SignatureDoesNotMatch', 'InvalidToken', 'AccountProblem'],
        },
        { means: 'forbidden', code: ['AccessDenied', 'AllAccessDisabled'] },
        { means: 'conflict', code: ['PreconditionFailed'] },
        { means: 'missing', code: ['NoSuchKey', 'NoSuchBucket', 'NoSuchUpload', 'NoSuchVersion'] },
        {
          means: 'invalid',
          code: ['RequestTimeTooSkewed', 'BucketAlreadyExists', 'BucketNotEmpty', 'InvalidArgument'],
        },
      ],
    },
    // For each key: one object is written once a second.
    limits: [{ scope: 'app', each: 'path', methods: ['PUT'], limit: 1, windowMs: 1_000 }],
    requestId: [{ header: 'cf-ray' }],
    concurrency: { kind: 'etag' },
    pages: {
      default: {
        kind: 'cursor',
        cursor: 'continuation-token',
        next: '/NextContinuationToken',
        items: '/Contents',
        size: 'max-keys',
        max: 1_000,
      },
    },
  },
} as const satisfies Provider
