import type { Clock, EpochMs, Millis } from '../primitives/clock.ts'

/** Gives who asks for the same key again within `keepMs` the same answer. What failed is asked for again. */
export function keptFor<Answer>(
  keepMs: Millis,
  clock: Clock,
): (key: string, ask: (now: EpochMs) => Promise<Answer>) => Promise<Answer> {
  const kept = new Map<string, { readonly at: EpochMs; readonly answer: Promise<Answer> }>()
  return (key, ask) => {
    const now = clock.now()
    const last = kept.get(key)
    if (last && now - last.at < keepMs) return last.answer
    const answer = ask(now)
    kept.set(key, { at: now, answer })
    answer.catch(() => kept.delete(key))
    return answer
  }
}
