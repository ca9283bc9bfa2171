import { createHash, createHmac } from 'node:crypto'
import { S3Client } from '@aws-sdk/client-s3'
import { describe, expect, test } from 'vitest'
import { presignUpload, r2Endpoint, type UploadInput } from '#lib/outbound/operations/s3-presign.s3.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

const clock = virtualClock(Date.parse('2026-11-21T08:00:00Z'))
const credentials = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
}
const s3 = new S3Client({ region: 'us-east-1', credentials, requestChecksumCalculation: 'WHEN_REQUIRED' })
const input: UploadInput = {
  bucket: 'uploads',
  key: 'orders/1/invoice.pdf',
  contentType: 'application/pdf',
  contentLength: 1_234,
}

/** Signature Version 4 of an address, counted anew. */
function signatureOf(url: URL, headers: Readonly<Record<string, string>>, region: string): string {
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
  const escaped = (text: string) => encodeURIComponent(text).replaceAll('*', '%2A')
  const params = [...url.searchParams].filter(([name]) => name !== 'X-Amz-Signature')
  const query = params
    .map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
    .toSorted((a, b) => (a < b ? -1 : 1))
  const names = (url.searchParams.get('X-Amz-SignedHeaders') ?? '').split(';')
  const sent: Readonly<Record<string, string>> = { ...headers, host: url.host }
  const lines = names.map((name) => `${name}:${sent[name]}\n`).join('')
  const request = ['PUT', url.pathname, query.join('&'), lines, names.join(';'), 'UNSIGNED-PAYLOAD'].join(
    '\n',
  )
  const scope = `20261121/${region}/s3/aws4_request`
  const digest = createHash('sha256').update(request).digest('hex')
  const key = ['20261121', region, 's3', 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${credentials.secretAccessKey}`,
  )
  return hmac(key, ['AWS4-HMAC-SHA256', '20261121T080000Z', scope, digest].join('\n')).toString('hex')
}

describe('an address to upload to', () => {
  test('is signed for its object, size and type, and for a time', async () => {
    const { url, headers, expiresAt, method } = await presignUpload(s3, input, { clock })
    const address = new URL(url)
    expect([method, address.host, address.pathname]).toEqual([
      'PUT',
      'uploads.s3.us-east-1.amazonaws.com',
      '/orders/1/invoice.pdf',
    ])
    expect(Object.fromEntries(address.searchParams)).toMatchObject({
      'X-Amz-Expires': '900',
      'X-Amz-Date': '20261121T080000Z',
      'X-Amz-SignedHeaders': 'content-length;content-type;host;if-none-match',
    })
    expect(headers).toEqual({
      'content-type': 'application/pdf',
      'content-length': '1234',
      'if-none-match': '*',
    })
    expect(expiresAt - clock.now()).toBe(900_000)
    expect(address.searchParams.get('X-Amz-Signature')).toBe(signatureOf(address, headers, 'us-east-1'))
    expect(url).not.toContain('checksum')
  })

  test('may allow what is there to be written over', async () => {
    const { url, headers } = await presignUpload(
      s3,
      { ...input, overwrite: true, expiresInSeconds: 60 },
      { clock },
    )
    expect(headers).not.toHaveProperty('if-none-match')
    expect(new URL(url).searchParams.get('X-Amz-SignedHeaders')).toBe('content-length;content-type;host')
  })

  test('of R2 is at its own endpoint', async () => {
    const r2 = new S3Client({ credentials, ...r2Endpoint('0a'.repeat(16), 'eu') })
    const { url, headers } = await presignUpload(r2, input, { clock })
    const address = new URL(url)
    expect(address.host).toMatch(/0a0a\.eu\.r2\.cloudflarestorage\.com$/)
    expect(address.searchParams.get('X-Amz-Signature')).toBe(signatureOf(address, headers, 'auto'))
    expect(() => r2Endpoint('evil.example/')).toThrow(TypeError)
  })

  test('is not signed with the checksum of an empty body', async () => {
    const byDefault = new S3Client({ region: 'us-east-1', credentials })
    await expect(presignUpload(byDefault, input, { clock })).rejects.toThrow('requestChecksumCalculation')
  })

  test.each([
    ['/bucket', { ...input, bucket: 'Uploads' }],
    ['/key', { ...input, key: '' }],
    ['/contentType', { ...input, contentType: 'text/html\r\nx: y' }],
    ['/contentLength', { ...input, contentLength: -1 }],
    ['/expiresInSeconds', { ...input, expiresInSeconds: 604_801 }],
  ])('of a wrong %s is not made', async (place, wrong) => {
    await expect(presignUpload(s3, wrong, { clock })).rejects.toThrow(place)
  })
})
