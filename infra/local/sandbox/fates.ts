/** What becomes of webhooks until something else is said. */
export interface Faults {
  /** So many are dropped next. */
  readonly dropNext: number
  /** 0 to 1: of ten with 0.2, the fifth and the tenth. */
  readonly dropShare: number
  readonly doubleShare: number
  readonly delaySeconds: number
}

/** What becomes of the webhooks of changes that are made together; what is not said, the standing faults say. */
export interface Orders {
  readonly drop?: number | undefined
  /** Of those that are sent. */
  readonly double?: number | undefined
  readonly delaySeconds?: number | undefined
}

/** What becomes of one webhook. */
export interface Fate {
  /** 0: it is dropped. */
  readonly times: 0 | 1 | 2
  readonly delaySeconds: number
}

export const noFaults: Faults = { dropNext: 0, dropShare: 0, doubleShare: 0, delaySeconds: 0 }

/**
 * The fates of webhooks in a row, and how many of {@link Faults.dropNext} are left then. The same every time: what is dropped or
 * doubled is spread evenly over the row.
 * @param row `first`: how many webhooks there were before
 */
export function fatesOf(
  row: { readonly first: number; readonly count: number },
  orders: Orders,
  faults: Faults,
): { readonly fates: readonly Fate[]; readonly dropNext: number } {
  const places = Array.from({ length: row.count }, (_, index) => index)
  const next = orders.drop === undefined ? Math.min(faults.dropNext, row.count) : 0
  const isDropped = (index: number): boolean =>
    orders.drop === undefined
      ? index < next || isPicked(row.first + index, faults.dropShare)
      : isPicked(index, orders.drop / row.count)
  const sent = places.filter((index) => !isDropped(index))
  const doubled = new Set(
    sent.filter((index, nth) =>
      orders.double === undefined
        ? isPicked(row.first + index, faults.doubleShare)
        : isPicked(nth, orders.double / sent.length),
    ),
  )
  const delaySeconds = orders.delaySeconds ?? faults.delaySeconds
  const fates = places.map((index): Fate => {
    if (isDropped(index)) return { times: 0, delaySeconds: 0 }
    return { times: doubled.has(index) ? 2 : 1, delaySeconds }
  })
  return { fates, dropNext: faults.dropNext - next }
}

/** Whether the one at `index` is among a share that is spread evenly: of four with a half, the second and the fourth. */
const isPicked = (index: number, share: number): boolean =>
  Math.floor((index + 1) * share + rounding) > Math.floor(index * share + rounding)

const rounding = 1e-9
