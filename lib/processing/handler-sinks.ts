import type { Handler } from './handler.ts'
import { busSink, type Sink } from './sink.ts'

/** The user's handlers as sinks, in the order of the config. Handlers of one name are told apart by their order. */
export function handlerSinks(handlers: readonly Handler[]): Sink[] {
  const taken = new Set<string>([busSink])
  return handlers.map((handler) => {
    let name = handler.name
    for (let count = 2; taken.has(name); count += 1) name = `${handler.name}#${count}`
    taken.add(name)
    return {
      name,
      wants: (event) => handler.matches(event.type),
      deliver: async (event, context) => handler.run(event, context),
    }
  })
}
