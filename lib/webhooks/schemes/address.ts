import { parse, stringify } from 'node:querystring'
import { sha256Hex } from '../../primitives/bytes.ts'
import type { Delivery } from '../delivery.ts'

/**
 * Every spelling of an address that a sender may have signed: as it came, without and with its port, normalised, and with
 * its query encoded again. The likely one comes first, and the others are worked out only when it does not fit.
 * @see https://www.twilio.com/docs/usage/webhooks/webhooks-security
 */
export function* signedAddresses(url: string): Generator<string> {
  yield url
  const seen = new Set([url])
  const normalised = URL.parse(url)?.toString()
  const spellings = [
    ...ports(url),
    ...(normalised === undefined ? [] : [...ports(normalised), ...ports(normalised).map(queryAgain)]),
  ]
  for (const spelling of spellings) {
    if (seen.has(spelling)) continue
    seen.add(spelling)
    yield spelling
  }
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
  const { body } = delivery
  const hash = url.includes(hashParameter) ? URL.parse(url)?.searchParams.get(hashParameter) : undefined
  if (hash !== undefined && hash !== null) return hash === sha256Hex(body) ? '' : undefined
  if (body.byteLength === 0) return ''
  if (!/^application\/x-www-form-urlencoded\b/i.test(delivery.header('content-type') ?? '')) return undefined
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')
  const fields = [...new URLSearchParams(text)].toSorted(byNameAndValue)
  let signed = ''
  let last: readonly string[] = []
  for (const field of fields) {
    if (field[0] !== last[0] || field[1] !== last[1]) signed += field[0] + field[1]
    last = field
  }
  return signed
}

type Field = readonly [name: string, value: string]

const byNameAndValue = (a: Field, b: Field): number => byCodeUnit(a[0], b[0]) || byCodeUnit(a[1], b[1])
const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
