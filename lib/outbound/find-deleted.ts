/** How a list is compared with what was known. */
export interface DeletedOptions<Item> {
  /** The id of an item, as it is among the known ones. */
  readonly idOf: (item: Item) => string
  /** Asks the provider for one thing by itself; answers whether it says that there is none. */
  readonly isGone: (id: string) => Promise<boolean>
}

/**
 * What was deleted at a provider that does not tell: known before the list was read, not in the whole of it, and not to be had by
 * itself either. A list that could not be read to its end tells of no deletion: its error is thrown and nothing is answered.
 * What is missing is asked for, because pages by number or offset leave an item out when another is deleted while they are read.
 * @param known ids that were known before the first page was asked for; what was made meanwhile must not be among them
 * @param items the whole list, without a filter: of `itemsIn`
 * @throws what `items` and `isGone` throw.
 */
export async function findDeleted<Item>(
  known: Iterable<string>,
  items: AsyncIterable<Item>,
  { idOf, isGone }: DeletedOptions<Item>,
): Promise<readonly string[]> {
  // A copy, made before anything is read: a set that grows meanwhile would hold what is newer than the list.
  const missing = new Set(known)
  for await (const item of items) missing.delete(idOf(item))
  const deleted: string[] = []
  for (const id of missing) if (await isGone(id)) deleted.push(id)
  return deleted
}
