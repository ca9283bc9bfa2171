import { elapsed, type Clock } from '../primitives/clock.ts'

/** Whether one more may be done in this minute: what strangers cause must not become a flood. */
export function perMinute(most: number, clock: Clock): () => boolean {
  let since = clock.now()
  let count = 0
  return () => {
    if (elapsed(since, clock.now()) >= 60_000) {
      since = clock.now()
      count = 0
    }
    count += 1
    return count <= most
  }
}
