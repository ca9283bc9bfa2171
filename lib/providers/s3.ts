import type { Provider } from './provider.ts'

/** Changes of objects in Amazon S3, through a topic of Amazon SNS. */
export const s3 = {
  id: 's3',
  displayName: 'Amazon S3',
  checkedOn: '2026-11-21',
  docs: [
    'https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html',
    'https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html',
  ],
  api: {
    checkedOn: '2026-11-21',
    baseUrl: 'https://{bucket}.s3.{region}.amazonaws.com',
    signedBySdk: { service: 's3', region: '{region}' },
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
    // For each prefix of a bucket.
    limits: [
      { scope: 'app', methods: ['GET', 'HEAD'], limit: 5_500, windowMs: 1_000 },
      { scope: 'app', methods: ['PUT', 'POST', 'DELETE'], limit: 3_500, windowMs: 1_000 },
    ],
    requestId: [{ header: 'x-amz-request-id' }, { element: 'RequestId' }],
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
  webhooks: {
    // The secret is the ARN of the topic.
    scheme: { kind: 'sns' },
    secretSuffix: 'TOPIC_ARN',
    body: 'json',
    handshake: {
      when: { pointer: '/Type', equals: 'SubscriptionConfirmation' },
      visit: '/SubscribeURL',
      only: String.raw`https://sns\.[a-z0-9-]{1,30}\.amazonaws\.com(?:\.cn)?/\?Action=ConfirmSubscription&[\w%&=.:-]+`,
    },
    ack: { status: 200, body: 'empty' },
    wrapped: { pointer: '/Message', encoding: 'text' },
    // S3 sends one when the notification is set up.
    ignore: [{ inside: '/Event', equals: 's3:TestEvent' }],
    deliveryKey: [{ pointer: '/MessageId' }],
    eventType: [[{ header: 'detail-type' }], [{ pointer: '/Type' }]],
    eventTime: [{ pointer: '/Timestamp', unit: 'iso' }],
    // A message holds records; a key is spelt as in an address there, and plain on the bus.
    batches: [
      {
        elements: '/Records/*',
        inside: true,
        deliveryKey: [
          [
            { pointer: '/s3/bucket/name' },
            { pointer: '/s3/object/key', decode: 'form' },
            { pointer: '/s3/object/sequencer' },
          ],
        ],
        eventType: [[{ pointer: '/eventName' }]],
        eventTime: [{ pointer: '/eventTime', unit: 'iso' }],
        externalId: [{ pointer: '/s3/bucket/name' }],
      },
    ],
    changeKey: [[{ inside: '/bucket/name' }, { inside: '/object/key' }, { inside: '/object/sequencer' }]],
    externalId: [{ inside: '/bucket/name' }],
    bus: { sources: ['aws.s3'] },
    redact: [
      '/requestParameters/sourceIPAddress',
      '/userIdentity',
      '/Records/*/requestParameters/sourceIPAddress',
      '/Records/*/userIdentity',
      '/source-ip-address',
      '/requester',
    ],
  },
} as const satisfies Provider
