import type { ZodMiniType } from 'zod/mini'
import type { Role } from '../access/caller.ts'
import { backfillOperations } from './operations-backfills.ts'
import * as schemas from './schemas.ts'

/** One operation of the API, as its routes check it and its document tells it. */
export interface Operation {
  readonly id: string
  readonly method: 'get' | 'post' | 'delete'
  /** As OpenAPI writes it: `/api/events/{id}`. */
  readonly path: string
  /** What a caller must at least be. */
  readonly role: Role
  readonly summary: string
  readonly query: ZodMiniType
  readonly body?: ZodMiniType
  /** Whether a request without a body is one too. */
  readonly bodyOptional?: boolean
  readonly status: 200 | 201 | 202
  readonly answer: ZodMiniType
  /** Codes of the problems that are its own. */
  readonly problems: readonly number[]
}

/** The whole API. */
export const operations = {
  listEvents: {
    id: 'listEvents',
    method: 'get',
    path: '/api/events',
    role: 'viewer',
    summary: 'Events, newest first. Without `since`, those of the last 24 hours',
    query: schemas.eventsQuery,
    status: 200,
    answer: schemas.listOf(schemas.eventItem),
    problems: [],
  },
  getEvent: {
    id: 'getEvent',
    method: 'get',
    path: '/api/events/{id}',
    role: 'viewer',
    summary: 'One event, with its payload as far as it may be shown',
    query: schemas.noQuery,
    status: 200,
    answer: schemas.eventDetail,
    problems: [404],
  },
  replayEvent: {
    id: 'replayEvent',
    method: 'post',
    path: '/api/events/{id}/replay',
    role: 'operator',
    summary: 'Sends a finished event through again, as a new event with the same idempotency key',
    query: schemas.noQuery,
    body: schemas.noFields,
    bodyOptional: true,
    status: 202,
    answer: schemas.queued,
    problems: [404, 409, 410],
  },
  listDeadLetters: {
    id: 'listDeadLetters',
    method: 'get',
    path: '/api/dead-letters',
    role: 'viewer',
    summary: 'Events that were set aside, the latest first',
    query: schemas.deadLettersQuery,
    status: 200,
    answer: schemas.listOf(schemas.deadLetter),
    problems: [],
  },
  redrive: {
    id: 'redrive',
    method: 'post',
    path: '/api/dead-letters/redrive',
    role: 'operator',
    summary:
      'Gives dead events their attempts back: those named, or up to 100 of one reason; then `cursor` leads to the next ones',
    query: schemas.noQuery,
    body: schemas.redriveRequest,
    status: 202,
    answer: schemas.redriven,
    problems: [],
  },
  listProviders: {
    id: 'listProviders',
    method: 'get',
    path: '/api/providers',
    role: 'viewer',
    summary: 'The providers that this version knows, with their addresses in this deployment',
    query: schemas.noQuery,
    status: 200,
    answer: schemas.listOf(schemas.providerItem),
    problems: [],
  },
  createConnectLink: {
    id: 'createConnectLink',
    method: 'post',
    path: '/api/connect-links',
    role: 'operator',
    summary: 'A link that lets one browser connect one account, once, within half an hour',
    query: schemas.noQuery,
    body: schemas.connectLinkRequest,
    status: 201,
    answer: schemas.connectLink,
    problems: [],
  },
  getConnectLink: {
    id: 'getConnectLink',
    method: 'get',
    path: '/api/connect-links/{id}',
    role: 'viewer',
    summary:
      'What became of a link, for a day: `connected` says which connection, `pending_lost` that it must be connected again',
    query: schemas.ofTenant,
    status: 200,
    answer: schemas.connectLinkItem,
    problems: [404],
  },
  listConnections: {
    id: 'listConnections',
    method: 'get',
    path: '/api/connections',
    role: 'viewer',
    summary: 'Connections, by tenant and id',
    query: schemas.connectionsQuery,
    status: 200,
    answer: schemas.listOf(schemas.connectionItem),
    problems: [],
  },
  createConnection: {
    id: 'createConnection',
    method: 'post',
    path: '/api/connections',
    role: 'admin',
    summary:
      'Makes a connection of an API key, or of a user and a password, or replaces those of an earlier one. They are never given out again',
    query: schemas.noQuery,
    body: schemas.connectionRequest,
    status: 201,
    answer: schemas.connectionItem,
    problems: [404, 409],
  },
  getConnection: {
    id: 'getConnection',
    method: 'get',
    path: '/api/connections/{id}',
    role: 'viewer',
    summary: 'One connection of a tenant',
    query: schemas.ofTenant,
    status: 200,
    answer: schemas.connectionItem,
    problems: [404],
  },
  deleteConnection: {
    id: 'deleteConnection',
    method: 'delete',
    path: '/api/connections/{id}',
    role: 'admin',
    summary:
      'Disconnects: nothing is given out from now on, and the tokens are given back to the provider within minutes',
    query: schemas.ofTenant,
    status: 202,
    answer: schemas.connectionChanged,
    problems: [404],
  },
  refreshConnection: {
    id: 'refreshConnection',
    method: 'post',
    path: '/api/connections/{id}/refresh',
    role: 'operator',
    summary: 'Makes the next round of the refresher, within a minute, refresh this connection',
    query: schemas.ofTenant,
    body: schemas.noFields,
    bodyOptional: true,
    status: 202,
    answer: schemas.connectionChanged,
    problems: [404, 409],
  },
  activateConnection: {
    id: 'activateConnection',
    method: 'post',
    path: '/api/connections/{id}/activate',
    role: 'operator',
    summary: 'Puts a connection of a shared link into use',
    query: schemas.ofTenant,
    body: schemas.noFields,
    bodyOptional: true,
    status: 200,
    answer: schemas.connectionChanged,
    problems: [404, 409],
  },
  getTenantKeys: {
    id: 'getTenantKeys',
    method: 'get',
    path: '/api/tenants/{id}/keys',
    role: 'viewer',
    summary: 'How many keys seal what belongs to a tenant, and what was asked for them',
    query: schemas.noQuery,
    status: 200,
    answer: schemas.tenantKeys,
    problems: [404],
  },
  rewrapTenantKeys: {
    id: 'rewrapTenantKeys',
    method: 'post',
    path: '/api/tenants/{id}/keys/rewrap',
    role: 'operator',
    summary: "Makes the next round of the refresher wrap a tenant's keys by the newest backing key",
    query: schemas.noQuery,
    body: schemas.noFields,
    bodyOptional: true,
    status: 202,
    answer: schemas.keysTask,
    problems: [404, 409],
  },
  shredTenantKeys: {
    id: 'shredTenantKeys',
    method: 'delete',
    path: '/api/tenants/{id}/keys',
    role: 'admin',
    summary:
      "Makes the next round of the refresher destroy a tenant's keys: nothing sealed for it opens again. Its connections must be deleted before",
    query: schemas.noQuery,
    status: 202,
    answer: schemas.keysTask,
    problems: [404, 409],
  },
  ...backfillOperations,
  createLoginLink: {
    id: 'createLoginLink',
    method: 'post',
    path: '/api/login-links',
    role: 'admin',
    summary: 'A link that signs one person in to the console, once, within an hour',
    query: schemas.noQuery,
    body: schemas.noFields,
    bodyOptional: true,
    status: 201,
    answer: schemas.loginLink,
    problems: [],
  },
} as const satisfies Record<string, Operation>
