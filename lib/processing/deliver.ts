import { describeError, SluiceError } from '../errors/sluice-error.ts'
import type { AttemptScope } from './attempt-scope.ts'
import type { HandlerContext, SluiceEvent } from './handler.ts'
import type { Sink } from './sink.ts'

export interface Delivered {
  /** Names of the sinks that have succeeded, in this attempt or an earlier one. */
  readonly steps: readonly string[]
  /** What the first failing sink said; `undefined` when all succeeded. */
  readonly failure?: string
}

/** What one sink gets: its own, so that nothing it does to it shows anywhere else. */
export interface Offer {
  readonly event: SluiceEvent
  readonly context: HandlerContext
}

export interface Delivery {
  readonly sinks: readonly Sink[]
  /** Names of those that have had the event. */
  readonly done: readonly string[]
  /** 1 for the first start. */
  readonly attempt: number
  /** For the sink of this name. */
  readonly offer: (sink: string) => Offer
}

/**
 * Hands the event to each sink that has not had it yet, one after the other. A failing one does not keep the event from
 * the others: the next attempt runs only what failed.
 */
export async function deliver(delivery: Delivery, scope: AttemptScope): Promise<Delivered> {
  const steps = [...delivery.done]
  let failure: string | undefined
  for (const sink of pending(delivery)) {
    try {
      if (scope.isOver()) throw new SluiceError('HANDLER_FAILED', 'no time was left')
      const { event, context } = delivery.offer(sink.name)
      await scope.race(sink.deliver(event, context))
      steps.push(sink.name)
    } catch (error) {
      failure ??= `${sink.name}: ${describeError(error)}`.slice(0, 256)
    }
  }
  return failure === undefined ? { steps } : { steps, failure }
}

/** Each attempt begins with another one: a sink that eats all the time must not keep the event from the rest for good. */
function pending({ sinks, done, attempt }: Delivery): readonly Sink[] {
  if (attempt === 1 && done.length === 0) return sinks
  const left = sinks.filter(({ name }) => !done.includes(name))
  const first = (attempt - 1) % Math.max(1, left.length)
  return [...left.slice(first), ...left.slice(0, first)]
}
