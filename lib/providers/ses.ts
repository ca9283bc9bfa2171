import type { Provider } from './provider.ts'

/** Bounces, complaints and the rest of Amazon SES, through a topic of Amazon SNS. */
export const ses = {
  id: 'ses',
  displayName: 'Amazon SES',
  checkedOn: '2026-11-21',
  docs: [
    'https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html',
    'https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html',
    'https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html',
  ],
  api: {
    checkedOn: '2026-11-21',
    baseUrl: 'https://email.{region}.amazonaws.com/v2/email',
    signedBySdk: { service: 'ses', region: '{region}' },
    errors: {
      // `ThrottlingException:http://internal…` in the header, `…#ThrottlingException` in the body.
      code: [
        { pattern: '^(?:.*#)?([A-Za-z]+)', at: '/__type' },
        { pattern: '^(?:.*#)?([A-Za-z]+)', at: '/code' },
        { pattern: '^([A-Za-z]+)', in: 'x-amzn-errortype' },
      ],
      message: [{ pointer: '/message' }, { pointer: '/Message' }],
      rules: [
        { means: 'exhausted', message: 'daily message quota exceeded', waitMs: 600_000 },
        {
          means: 'throttled',
          code: ['ThrottlingException', 'Throttling', 'TooManyRequestsException', 'RequestThrottled'],
        },
        { means: 'expired', code: ['ExpiredTokenException', 'ExpiredToken'] },
        {
          means: 'revoked',
          code: [
            'UnrecognizedClientException',
            'InvalidClientTokenId',
            'SignatureDoesNotMatch',
            'InvalidSignatureException',
          ],
        },
        {
          means: 'forbidden',
          code: ['AccountSuspendedException', 'SendingPausedException', 'AccessDeniedException'],
        },
        {
          means: 'invalid',
          code: ['MessageRejected', 'MailFromDomainNotVerifiedException', 'AlreadyExistsException'],
        },
        { means: 'exhausted', code: ['LimitExceededException'], waitMs: 3_600_000 },
        { means: 'missing', code: ['NotFoundException'] },
        { means: 'conflict', code: ['ConcurrentModificationException'] },
      ],
    },
    // The sandbox's; `GetAccount` says what this account may send.
    limits: [{ scope: 'app', path: '/outbound-emails$', limit: 1, windowMs: 1_000 }],
    requestId: [{ header: 'x-amzn-requestid' }],
    pages: {
      default: {
        kind: 'cursor',
        cursor: 'NextToken',
        next: '/NextToken',
        items: '/EmailIdentities',
        size: 'PageSize',
        max: 1_000,
      },
    },
    lists: { suppressed: '/SuppressedDestinationSummaries', templates: '/TemplatesMetadata' },
  },
  webhooks: {
    // The secret is the ARN of the topic: SNS signs for everyone, so the topic says whose message it is.
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
    deliveryKey: [{ pointer: '/MessageId' }],
    // The same whether a topic or a bus brings it.
    changeKey: [
      [{ inside: '/eventType' }, { inside: '/mail/messageId' }, { inside: '/bounce/feedbackId' }],
      [{ inside: '/eventType' }, { inside: '/mail/messageId' }, { inside: '/complaint/feedbackId' }],
      [{ inside: '/eventType' }, { inside: '/mail/messageId' }, { inside: '/delivery/timestamp' }],
      [{ inside: '/eventType' }, { inside: '/mail/messageId' }, { inside: '/deliveryDelay/timestamp' }],
      [{ inside: '/eventType' }, { inside: '/mail/messageId' }, { inside: '/open/timestamp' }],
      [{ inside: '/eventType' }, { inside: '/mail/messageId' }, { inside: '/click/timestamp' }],
      [{ inside: '/eventType' }, { inside: '/mail/messageId' }, { inside: '/mail/timestamp' }],
    ],
    bus: { sources: ['aws.ses'] },
    // `eventType` by a configuration set, `notificationType` by an identity.
    eventType: [[{ inside: '/eventType' }], [{ inside: '/notificationType' }], [{ pointer: '/Type' }]],
    eventTime: [{ pointer: '/Timestamp', unit: 'iso' }],
    externalId: [{ inside: '/mail/sourceArn' }],
    redact: [
      '/mail/destination',
      '/mail/source',
      '/mail/headers',
      '/mail/commonHeaders',
      '/bounce/bouncedRecipients',
      '/complaint/complainedRecipients',
      '/delivery/recipients',
      '/open/ipAddress',
      '/click/ipAddress',
    ],
  },
} as const satisfies Provider
