import { mycarrierpacketsPolls } from './mycarrierpackets-polls.ts'
import type { Provider } from './provider.ts'

export const mycarrierpackets = {
  id: 'mycarrierpackets',
  displayName: 'MyCarrierPackets',
  checkedOn: '2026-11-20',
  docs: ['https://www.mycarrierpackets.com/api-documentation'],
  api: {
    checkedOn: '2026-11-21',
    // Every call is a POST with its parameters in the query.
    baseUrl: 'https://api.mycarrierpackets.com',
    headers: { accept: 'application/json' },
    // Neither errors nor limits are published; these are what ASP.NET sends.
    errors: {
      code: [{ pointer: '/error' }],
      message: [{ pointer: '/Message' }, { pointer: '/message' }, { pointer: '/error_description' }],
      rules: [{ means: 'revoked', code: ['invalid_grant'] }],
    },
    limits: [{ scope: 'connection', path: '/Carrier/CarriersChanges$', limit: 1, windowMs: 240_000 }],
    pages: {
      default: { kind: 'page', page: 'pageNumber', first: 1, items: '', size: 'pageSize', max: 500 },
      MonitoredCarriers: {
        kind: 'page',
        page: 'pageNumber',
        first: 1,
        items: '',
        size: 'pageSize',
        max: 5_000,
      },
    },
    // It names the carrier and says nothing else of it; not every carrier has both numbers.
    thin: [
      {
        types: String.raw`carrier\.packet\.completed`,
        method: 'POST',
        path: '/api/v1/Carrier/GetCarrierData?DOTNumber={dot}&DocketNumber={docket}',
        values: { dot: '/eventData/carrier/dotNumber', docket: '/eventData/carrier/docketNumber' },
      },
      {
        types: String.raw`carrier\.packet\.completed`,
        method: 'POST',
        path: '/api/v1/Carrier/GetCarrierData?DOTNumber={dot}',
        values: { dot: '/eventData/carrier/dotNumber' },
      },
      {
        types: String.raw`carrier\.packet\.completed`,
        method: 'POST',
        path: '/api/v1/Carrier/GetCarrierData?DocketNumber={docket}',
        values: { docket: '/eventData/carrier/docketNumber' },
      },
    ],
  },
  webhooks: {
    scheme: {
      kind: 'hmac',
      algorithm: 'sha256',
      key: { encoding: 'utf8' },
      signature: { header: 'mcp-signature', encoding: 'hex', format: { kind: 'plain' } },
      signed: ['{body}'],
    },
    body: 'json',
    // No id is published.
    deliveryKey: [],
    eventType: [[{ pointer: '/eventType' }], [{ header: 'mcp-event' }]],
    eventTime: [{ pointer: '/eventDateTime', unit: 'iso' }],
    keepHeaders: ['mcp-event'],
  },
  auth: {
    kind: 'password',
    // The packet as PDF has a token endpoint of its own, https://mycarrierpackets.com/api/token.
    tokenUrl: 'https://api.mycarrierpackets.com/token',
    clientAuth: 'none',
    defaultLifetimeSeconds: 3_600,
  },
  polls: mycarrierpacketsPolls,
} as const satisfies Provider
