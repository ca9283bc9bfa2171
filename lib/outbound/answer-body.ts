import { pipeline, Transform, Readable, type Duplex } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib'
import { SluiceError } from '../errors/sluice-error.ts'

export interface BodyLimits {
  readonly signal: AbortSignal
  readonly maxBodyBytes: number
  /** The answer's `Content-Encoding`. */
  readonly encoding: string | null
}

/**
 * The body of an answer, inflated. Reading it fails with `ANSWER_REFUSED` once it is longer than allowed, with
 * `DESTINATION_UNAVAILABLE` when it breaks off or can't be inflated, and with the signal's reason once that aborts.
 * @throws SluiceError `ANSWER_REFUSED` for an encoding that is unknown or packed more than once.
 */
export function readBody(source: Readable, { signal, maxBodyBytes, encoding }: BodyLimits): ReadableStream {
  const inflate = inflaterOf(encoding, source)
  let size = 0
  const counted = new Transform({
    transform(chunk: Buffer, _, done) {
      size += chunk.byteLength
      if (size > maxBodyBytes) done(refused(`is longer than ${maxBodyBytes} bytes`))
      else done(null, chunk)
    },
    destroy(error, done) {
      done(error && (error instanceof SluiceError || error === signal.reason ? error : brokenOff(error)))
    },
  })
  const abort = (): void => void counted.destroy(signal.reason as Error)
  const ended = (): void => signal.removeEventListener('abort', abort)
  if (inflate) pipeline(source, inflate, counted, ended)
  else pipeline(source, counted, ended)
  if (signal.aborted) abort()
  else signal.addEventListener('abort', abort, { once: true })
  return Readable.toWeb(counted)
}

const inflaters: Readonly<Record<string, () => Duplex>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
}

/** One layer at most: each further one multiplies what a small answer can become. */
function inflaterOf(encoding: string | null, source: Readable): Duplex | undefined {
  const name = (encoding ?? '').trim().toLowerCase()
  if (name === '' || name === 'identity') return undefined
  const create = Object.hasOwn(inflaters, name) ? inflaters[name] : undefined
  if (create) return create()
  source.destroy()
  throw refused('is encoded in a way that was not asked for')
}

const brokenOff = (cause: Error): SluiceError =>
  new SluiceError('DESTINATION_UNAVAILABLE', 'the answer broke off', { cause })

const refused = (why: string): SluiceError => new SluiceError('ANSWER_REFUSED', `the answer ${why}`)
