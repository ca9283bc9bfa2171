import type { Handler } from './handler.ts'
import type { Sink } from './sink.ts'

/** The user's handlers as sinks, in the order of the config. Handlers of one name are told apart by their order. */
export function handlerSinks(handlers: readonly Handler[]): Sink[] {
  const seen = new Map<string, number>()
  return handlers.map((handler) => {
    const count = (seen.get(handler.name) ?? 0) + 1
    seen.set(handler.name, count)
    return {
      name: count === 1 ? handler.name : `${handler.name}#${count}`,
      wants: (event) => handler.matches(event.type),
      deliver: async (event, context) => handler.run(event, context),
    }
  })
}
