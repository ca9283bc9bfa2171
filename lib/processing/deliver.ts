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

/**
 * Hands the event to each sink that has not had it yet, one after the other. A failing one does not keep the event from
 * the others: the next attempt runs only what failed.
 */
export async function deliver(
  event: SluiceEvent,
  sinks: readonly Sink[],
  done: readonly string[],
  context: HandlerContext,
  scope: AttemptScope,
): Promise<Delivered> {
  const steps = [...done]
  let failure: string | undefined
  for (const sink of sinks) {
    if (done.includes(sink.name)) continue
    try {
      if (scope.isOver()) throw new SluiceError('HANDLER_FAILED', 'no time was left')
      await scope.race(sink.deliver(event, context))
      steps.push(sink.name)
    } catch (error) {
      failure ??= `${sink.name}: ${describeError(error)}`.slice(0, 256)
    }
  }
  return failure === undefined ? { steps } : { steps, failure }
}
