import { etherscanPolls } from './etherscan-polls.ts'
import type { Provider } from './provider.ts'

export const etherscan = {
  id: 'etherscan',
  displayName: 'Etherscan',
  checkedOn: '2026-11-21',
  docs: [
    'https://docs.etherscan.io/',
    'https://docs.etherscan.io/resources/common-error-messages',
    'https://docs.etherscan.io/resources/rate-limits',
  ],
  keys: [{ query: { apikey: '{key}' } }],
  api: {
    checkedOn: '2026-11-21',
    baseUrl: 'https://api.etherscan.io/v2/api',
    query: { chainid: '1' },
    errors: {
      always: 'json',
      // There are no codes: the text that says what is wrong is where the result belongs.
      code: [{ pointer: '/error/code' }],
      message: [
        { pattern: '^(OK-.*)', at: '/message' },
        { pattern: '^(.*)', at: '/result' },
        { pointer: '/error/message' },
        { pointer: '/message' },
      ],
      inside: [
        // An empty list is no error.
        {
          pointer: '/status',
          equals: '0',
          unless: { pointer: '/message', pattern: '^no .*(?:found|transactions)' },
        },
        // A good answer that hides a bad key and a limit of one call in five seconds.
        { pointer: '/message', pattern: '^OK-.*api key' },
        // `module=proxy` answers JSON-RPC.
        { pointer: '/error/code' },
      ],
      rules: [
        { means: 'revoked', message: 'invalid api key(?! attempts)' },
        { means: 'throttled', message: 'too many invalid api key attempts', waitMs: 30_000 },
        { means: 'exhausted', message: 'daily (?:rate )?limit', waitMs: 3_600_000 },
        { means: 'throttled', message: 'rate limit', waitMs: 1_000 },
        // Too many blocks at once: ask for fewer.
        { means: 'invalid', message: 'query timeout|result window is too large' },
        { means: 'unavailable', message: 'unexpected error|temporarily unavailable|timeout' },
        { means: 'payment', message: 'api pro|upgrade your api plan|not supported for this chain' },
      ],
    },
    // Free; counted for the account, not the key.
    limits: [
      { scope: 'app', limit: 3, windowMs: 1_000 },
      { scope: 'app', limit: 100_000, windowMs: 86_400_000 },
    ],
    pages: {
      default: {
        kind: 'block-window',
        from: 'startblock',
        to: 'endblock',
        page: 'page',
        reach: 10_000,
        items: '/result',
        size: 'offset',
        // A page of 10,000 is allowed, but leaves no second one to find the end of a window by.
        max: 1_000,
      },
    },
  },
  polls: etherscanPolls,
} as const satisfies Provider
