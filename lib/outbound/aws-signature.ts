import { createHash, createHmac } from 'node:crypto'
import { iso, type Clock, type EpochMs } from '../primitives/clock.ts'
import type { Secret } from '../primitives/secret.ts'
import type { Fetch } from './fetch-shape.ts'

/** Keys of an AWS account or of a role's session. */
export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: Secret
  readonly sessionToken?: Secret
}

export interface AwsScope {
  /** As the signature names it: `ses`. Not `s3`, whose paths are signed otherwise. */
  readonly service: string
  readonly region: string
}

/** What is signed of a request. */
export interface Signable {
  readonly method: string
  readonly url: URL
  readonly headers: Headers
  readonly body: Uint8Array | undefined
}

const hex = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
const escaped = (text: string): string =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  )

/**
 * The headers of a request with AWS Signature Version 4: all that it has are signed. It holds for five minutes around `now`.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signedHeaders(
  { method, url, headers, body }: Signable,
  { accessKeyId, secretAccessKey, sessionToken }: AwsCredentials,
  { service, region }: AwsScope,
  now: EpochMs,
): Headers {
  const time = `${iso(now).slice(0, 19).replaceAll(/[-:]/g, '')}Z`
  const signed = new Headers(headers)
  signed.delete('authorization')
  signed.set('x-amz-date', time)
  if (sessionToken) signed.set('x-amz-security-token', sessionToken.reveal())
  const lines = [...signed, ['host', url.host] as const]
    .map(([name, value]) => [name, value.trim().replaceAll(/ +/g, ' ')] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  const names = lines.map(([name]) => name).join(';')
  const query = [...url.searchParams]
    .map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
    .toSorted((a, b) => (a < b ? -1 : 1))
  const canonical = [
    method,
    url.pathname.split('/').map(escaped).join('/'),
    query.join('&'),
    ...lines.map(([name, value]) => `${name}:${value}`),
    '',
    names,
    hex(body ?? ''),
  ].join('\n')
  const scope = [time.slice(0, 8), region, service, 'aws4_request']
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${secretAccessKey.reveal()}`)
  const signature = hmac(
    key,
    ['AWS4-HMAC-SHA256', time, scope.join('/'), hex(canonical)].join('\n'),
  ).toString('hex')
  const credential = `Credential=${accessKeyId}/${scope.join('/')}`
  signed.set(
    'authorization',
    `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names}, Signature=${signature}`,
  )
  return signed
}

export interface SignedFetchDeps {
  readonly fetch: Fetch
  /** Asked before each request, because a session's keys change. */
  readonly credentials: () => Promise<AwsCredentials>
  readonly clock: Clock
}

/** A `fetch` that signs what it sends; paths begin at `base`. @see signedHeaders */
export function signedFetch(base: string, scope: AwsScope, deps: SignedFetchDeps): Fetch {
  return async (input, init) => {
    const target = typeof input === 'string' && /^[/?]/.test(input) ? base + input : input
    const request = new Request(target, init)
    const url = new URL(request.url)
    if (url.origin !== new URL(base).origin)
      throw new TypeError('the address is not of this API: it is not signed')
    const body = request.body === null ? undefined : await request.bytes()
    const { method, headers, signal } = request
    const signed = signedHeaders(
      { method, url, headers, body },
      await deps.credentials(),
      scope,
      deps.clock.now(),
    )
    return deps.fetch(url, { method, headers: signed, signal, ...(body && { body }) })
  }
}
