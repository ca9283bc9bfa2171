import type { ErrorDeclaration } from './api.ts'

/** How Google's APIs answer, older ones with `errors[].reason`, newer ones with `status` and `details`. */
export const googleErrors = {
  code: [
    { pointer: '/error/details/*/errorCode' },
    { pointer: '/error/errors/*/reason' },
    { pointer: '/error/details/*/reason' },
    { pointer: '/error/status' },
    // The authorization server's form.
    { pattern: '^([a-z_]+)$', at: '/error' },
  ],
  message: [{ pointer: '/error/message' }, { pointer: '/error_description' }],
  rules: [
    // A 403 of these reasons is a limit.
    {
      means: 'exhausted',
      code: ['dailyLimitExceeded', 'dailyLimitExceededUnreg', 'quotaExceeded'],
      waitMs: 3_600_000,
    },
    {
      means: 'throttled',
      code: [
        'rateLimitExceeded',
        'userRateLimitExceeded',
        'sharingRateLimitExceeded',
        'RATE_LIMIT_EXCEEDED',
        'QUOTA_EXCEEDED',
      ],
    },
    { means: 'throttled', status: [403, 429], message: 'rate ?limit|quota exceeded' },
    { means: 'payment', code: ['storageQuotaExceeded', 'teamDriveFileLimitExceeded'] },
    { means: 'stale-cursor', code: ['fullSyncRequired', 'updatedMinTooLongAgo'] },
    { means: 'unavailable', code: ['backendError', 'internalError', 'UNAVAILABLE', 'INTERNAL', 'ABORTED'] },
    { means: 'conflict', code: ['conditionNotMet'] },
    {
      means: 'forbidden',
      code: [
        'ACCESS_TOKEN_SCOPE_INSUFFICIENT',
        'accessNotConfigured',
        'SERVICE_DISABLED',
        'insufficientPermissions',
        'SENDER_ID_MISMATCH',
        'THIRD_PARTY_AUTH_ERROR',
      ],
    },
    { means: 'missing', code: ['UNREGISTERED'] },
    { means: 'revoked', code: ['invalid_grant'] },
  ],
  // An id that exists already is no older version.
  statuses: { 409: 'invalid' },
} as const satisfies ErrorDeclaration
