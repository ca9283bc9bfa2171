import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Fetch } from '../outbound/fetch-shape.ts'
import { readCassette } from './cassette.ts'
import { askedOf, exchangeOf, type Taken } from './exchange.ts'
import { leaksIn, RecordingRefused } from './leaks.ts'
import { replayFetch } from './replay.ts'
import { scrubber, type ScrubRules } from './scrubber.ts'

export interface RecorderOptions extends ScrubRules {
  readonly file: string
  /** `auto` replays where the file is, and records where it is not. Default `auto`. */
  readonly mode?: 'record' | 'replay' | 'auto'
}

export interface Recorder {
  readonly fetch: Fetch
  readonly mode: 'record' | 'replay'
  /**
   * Writes what was recorded; replaying, there is nothing to write.
   * @throws RecordingRefused when something in it still looks like a secret: the file is left as it was.
   */
  save(): void
  /** Replaying: requests of the recording that nobody has made. */
  unused(): readonly string[]
}

/**
 * Records what a `fetch` is asked and answers, without credentials and personal data, and replays it: then nothing is called.
 * @throws TypeError for a file that is missing in mode `replay`, or is no recording.
 */
export function recorder(inner: Fetch, options: RecorderOptions): Recorder {
  const { file, mode = 'auto' } = options
  const scrub = scrubber(options)
  if (mode === 'replay' || (mode === 'auto' && existsSync(file))) {
    const replay = replayFetch(readCassette(file), file, scrub)
    return { ...replay, mode: 'replay', save: () => {} }
  }
  const taken: Taken[] = []
  return {
    mode: 'record',
    fetch: recordingFetch(inner, taken),
    unused: () => [],
    save: () => save(taken, options),
  }
}

/** What is asked first is written first, whenever its answer comes. What was not answered is not written. */
function recordingFetch(inner: Fetch, taken: Taken[]): Fetch {
  return async (input, init) => {
    const asked = await askedOf(input, init)
    const slot: Taken = { asked, answer: undefined }
    taken.push(slot)
    const response = await inner(...asked.again)
    const bytes = new Uint8Array(await response.arrayBuffer())
    const { status, statusText, url } = response
    slot.answer = { status, statusText, headers: new Headers(response.headers), bytes }
    const copy = new Response(response.body === null ? null : bytes, slot.answer)
    Object.defineProperty(copy, 'url', { value: url })
    return copy
  }
}

/** Twice: what is found in the last answer is taken out of the first request too. */
function save(taken: readonly Taken[], rules: RecorderOptions): void {
  const scrub = scrubber(rules)
  const exchanges = (): unknown[] =>
    taken.flatMap(({ asked, answer }) => (answer ? [exchangeOf(asked, answer, scrub)] : []))
  exchanges()
  writeChecked(rules.file, { version: 1, exchanges: exchanges() }, rules, scrub)
}

/** @throws RecordingRefused */
export function writeChecked(
  file: string,
  document: unknown,
  rules: ScrubRules,
  scrub: ReturnType<typeof scrubber>,
): void {
  const leaks = leaksIn(document, rules, scrub)
  if (leaks.length > 0) throw new RecordingRefused(file, leaks)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`)
}
