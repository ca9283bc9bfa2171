import type { Fault } from '../providers/api.ts'

/**
 * What a status means where the provider says nothing else; `undefined` where it is no failure. An unknown 4xx is the
 * request's fault, an unknown 5xx the provider's.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-15
 */
export function statusMeans(status: number): Fault | undefined {
  // 304 answers a conditional request; other redirects were followed, or must not be.
  if ((status >= 200 && status < 300) || status === 304) return undefined
  return table[status] ?? (status >= 300 && status < 500 ? 'invalid' : 'unavailable')
}

const table: Readonly<Partial<Record<number, Fault>>> = {
  400: 'invalid',
  401: 'expired',
  402: 'payment',
  403: 'forbidden',
  404: 'missing',
  405: 'invalid',
  406: 'invalid',
  408: 'unavailable',
  409: 'conflict',
  410: 'missing',
  412: 'conflict',
  413: 'invalid',
  415: 'invalid',
  422: 'invalid',
  423: 'unavailable',
  425: 'unavailable',
  428: 'invalid',
  429: 'throttled',
  451: 'forbidden',
  500: 'unavailable',
  501: 'invalid',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
  505: 'invalid',
}
