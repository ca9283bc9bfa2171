/** What was noted in one minute: the sum of all values, and the last of them one by one. */
export interface Minute {
  sum: number
  readonly values: number[]
}

/** One line of points: a metric with the same dimensions throughout. */
export interface MetricLine {
  readonly dimensions: Readonly<Record<string, string>>
  /** Of the minutes that begin at or after `from` and before `to`, epoch milliseconds. */
  between(from: number, to: number): Minute[]
}

/** Metrics in memory, by the minute. They are gone when the process is: what they tell is of now. */
export interface MetricStore {
  /** Takes what a function wrote; anything but a line of embedded metrics is passed over. */
  note(line: string): void
  /** Every line of a metric that has these dimensions and no others. */
  lines(wanted: {
    readonly namespace: string
    readonly metric: string
    readonly names: readonly string[]
  }): readonly MetricLine[]
}

const minuteMs = 60_000
/** A day, and the longest window that is asked for. */
const keptMinutes = 1_440
/** Values of one minute of one line; further ones take the place of the oldest. */
const keptValues = 1_000
/** All lines together; beyond that the oldest minutes are forgotten first. */
const mostMinutes = 200_000

interface Line {
  readonly namespace: string
  readonly metric: string
  readonly dimensions: Readonly<Record<string, string>>
  readonly minutes: Map<number, Minute>
}

interface Directive {
  readonly Namespace: string
  readonly Dimensions: readonly (readonly string[])[]
  readonly Metrics: readonly { readonly Name: string }[]
}

export function metricStore(): MetricStore {
  const lines = new Map<string, Line>()
  let held = 0
  const forget = (before: number): void => {
    for (const { minutes } of lines.values())
      for (const minute of minutes.keys())
        if (minute < before) {
          minutes.delete(minute)
          held -= 1
        }
  }
  const add = (line: Omit<Line, 'minutes'>, at: number, added: readonly number[]): void => {
    const key = JSON.stringify([line.namespace, line.metric, line.dimensions])
    const known = lines.get(key) ?? { ...line, minutes: new Map<number, Minute>() }
    lines.set(key, known)
    const minute = Math.floor(at / minuteMs)
    const noted = known.minutes.get(minute) ?? { sum: 0, values: [] }
    if (!known.minutes.has(minute)) held += 1
    known.minutes.set(minute, noted)
    noted.sum += added.reduce((sum, value) => sum + value, 0)
    noted.values.push(...added)
    if (noted.values.length > keptValues) noted.values.splice(0, noted.values.length - keptValues)
    if (held > mostMinutes) forget(minute - keptMinutes / 2)
    else if (known.minutes.size > keptMinutes) forget(minute - keptMinutes)
  }
  return {
    note(text) {
      const document = read(text)
      if (!document) return
      const { Timestamp: at, CloudWatchMetrics: directives } = document['_aws']
      for (const { Namespace: namespace, Dimensions: sets, Metrics } of directives)
        for (const { Name: metric } of Metrics)
          for (const names of sets) {
            const dimensions = Object.fromEntries(
              names.toSorted().map((name) => [name, String(document[name])]),
            )
            add({ namespace, metric, dimensions }, at, [document[metric]].flat().map(Number))
          }
    },
    lines: ({ namespace, metric, names }) =>
      [...lines.values()]
        .filter(
          (line) =>
            line.namespace === namespace &&
            line.metric === metric &&
            Object.keys(line.dimensions).join() === names.toSorted().join(),
        )
        .map(({ dimensions, minutes }) => ({
          dimensions,
          between: (from, to) =>
            [...minutes].flatMap(([minute, noted]) =>
              minute * minuteMs >= from && minute * minuteMs < to ? [noted] : [],
            ),
        })),
  }
}

interface EmbeddedMetrics {
  readonly _aws: { readonly Timestamp: number; readonly CloudWatchMetrics: readonly Directive[] }
  readonly [member: string]: unknown
}

function read(text: string): EmbeddedMetrics | undefined {
  if (!text.startsWith('{"_aws":')) return undefined
  try {
    return JSON.parse(text) as EmbeddedMetrics
  } catch {
    return undefined
  }
}
