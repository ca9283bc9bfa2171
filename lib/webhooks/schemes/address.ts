import { parse, stringify } from 'node:querystring'
import { sha256Hex } from '../../primitives/bytes.ts'
import type { Delivery } from '../delivery.ts'

/**
 * Every spelling of an address that a sender may have signed: without and with its port, as it came and normalised, the
 * query as it came and encoded again.
 * @see https://www.twilio.com/docs/usage/webhooks/webhooks-security
 */
export function signedAddresses(url: string): readonly string[] {
  const normalised = URL.parse(url)?.toString()
  const spellings = [
    ...ports(url),
    ...(normalised === undefined ? [] : [...ports(normalised), ...ports(normalised).map(queryAgain)]),
  ]
  return [...new Set(spellings)]
}

const authority = /^(https?:\/\/)([^/?#:]*)(:\d+)?(.*)$/is

function ports(url: string): string[] {
  const [, scheme = '', host = '', port, rest = ''] = authority.exec(url) ?? []
  if (!host) return []
  const standard = scheme.toLowerCase() === 'https://' ? ':443' : ':80'
  return [`${scheme}${host}${rest}`, `${scheme}${host}${port ?? standard}${rest}`]
}

function queryAgain(url: string): string {
  const [path = '', query] = url.split('?', 2)
  return query ? `${path}?${stringify(parse(query))}` : url
}

/**
 * The signed text of a body: its form fields, sorted by name, each name followed by its value; the values of a repeated
 * name once each and sorted. A body of another kind is signed by its SHA-256 in the query parameter `hashParameter`, and
 * adds nothing. `undefined` when neither covers it.
 */
export function signedForm(delivery: Delivery, url: string, hashParameter: string): string | undefined {
  const hash = URL.parse(url)?.searchParams.get(hashParameter)
  if (hash !== undefined && hash !== null) return hash === sha256Hex(delivery.body) ? '' : undefined
  if (delivery.body.byteLength === 0) return ''
  if (!/^application\/x-www-form-urlencoded\b/i.test(delivery.header('content-type') ?? '')) return undefined
  const fields = new URLSearchParams(Buffer.from(delivery.body).toString('utf8'))
  return [...new Set(fields.keys())]
    .toSorted(byCodeUnit)
    .flatMap((name) => [...new Set(fields.getAll(name))].toSorted(byCodeUnit).map((value) => name + value))
    .join('')
}

const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
