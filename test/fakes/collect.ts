/** Everything that a source gives, to its end. */
export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of source) found.push(item)
  return found
}

/** The first `count` that a source gives; it is left after them. */
export async function first<T>(count: number, source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of source) if (found.push(item) === count) break
  return found
}
