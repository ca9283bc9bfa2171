/** Items by rank, the lowest first; equal ranks in the order of their coming. */
export interface PriorityQueue<T> {
  readonly size: number
  /** Puts an item in; the returned function takes it out again, and says whether it was still in. */
  push(item: T, rank: number): () => boolean
  pop(): T | undefined
  peek(): T | undefined
}

interface Node<T> {
  readonly item: T
  readonly rank: number
  readonly order: number
  /** Its place in the heap; -1 once it has left. */
  at: number
}

const before = <T>(a: Node<T>, b: Node<T>): boolean =>
  a.rank < b.rank || (a.rank === b.rank && a.order < b.order)

function put<T>(heap: Node<T>[], node: Node<T>, at: number): void {
  heap[at] = node
  node.at = at
}

function rise<T>(heap: Node<T>[], node: Node<T>, from: number): void {
  let at = from
  while (at > 0) {
    const up = (at - 1) >> 1
    const parent = heap[up] as Node<T>
    if (!before(node, parent)) break
    put(heap, parent, at)
    at = up
  }
  put(heap, node, at)
}

function sink<T>(heap: Node<T>[], node: Node<T>, from: number): void {
  let at = from
  for (;;) {
    const left = heap[2 * at + 1]
    const right = heap[2 * at + 2]
    if (!left) break
    const child = right && before(right, left) ? right : left
    if (!before(child, node)) break
    const down = child.at
    put(heap, child, at)
    at = down
  }
  put(heap, node, at)
}

/** The last node takes the place of the one that leaves, and from there its own. */
function remove<T>(heap: Node<T>[], node: Node<T>): boolean {
  if (node.at < 0) return false
  const { at } = node
  const last = heap.pop() as Node<T>
  node.at = -1
  if (last === node) return true
  const parent = heap[(at - 1) >> 1]
  if (at > 0 && parent && before(last, parent)) rise(heap, last, at)
  else sink(heap, last, at)
  return true
}

/** A binary heap: every operation takes O(log n), cancelling included, and a cancelled item is gone at once. */
export function priorityQueue<T>(): PriorityQueue<T> {
  const heap: Node<T>[] = []
  let pushed = 0
  return {
    get size() {
      return heap.length
    },
    push(item, rank) {
      if (Number.isNaN(rank)) throw new RangeError('rank must be a number, got NaN')
      const node: Node<T> = { item, rank, order: (pushed += 1), at: heap.length }
      rise(heap, node, node.at)
      return () => remove(heap, node)
    },
    pop() {
      const first = heap[0]
      if (first) remove(heap, first)
      return first?.item
    },
    peek: () => heap[0]?.item,
  }
}
