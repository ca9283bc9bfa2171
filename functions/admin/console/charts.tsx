/** Small charts, drawn here: shapes with classes for colours, and their content in words. */

const width = 240
const height = 44
const gap = 2

interface BarsProps {
  /** What it shows, in words. */
  readonly label: string
  readonly values: readonly number[]
  /** The part of each value that failed; drawn in its bar. */
  readonly bad?: readonly number[]
}

/** One bar for each span of time, the oldest first. */
export const Bars = ({ label, values, bad = [] }: BarsProps) => {
  const most = Math.max(1, ...values)
  const step = width / Math.max(1, values.length)
  const barOf = (value: number, index: number, kind: string) => {
    const tall = value > 0 ? Math.max(2, Math.round((value / most) * (height - 2))) : 0
    return (
      tall > 0 && (
        <rect
          class={kind}
          x={round(index * step)}
          y={height - tall}
          width={round(Math.max(1, step - gap))}
          height={tall}
          rx="1"
        />
      )
    )
  }
  return (
    <Chart label={label}>
      {values.map((value, index) => barOf(value, index, 'bar'))}
      {bad.map((value, index) => barOf(value, index, 'bar bad'))}
    </Chart>
  )
}

interface LineProps {
  readonly label: string
  /** `null`: nothing was measured, and the line has a gap. */
  readonly values: readonly (number | null)[]
}

/** A line over spans of time, the oldest first. */
export const Line = ({ label, values }: LineProps) => {
  const known = values.filter((value) => value !== null)
  const most = Math.max(1, ...known)
  const step = width / Math.max(1, values.length)
  const points = values.map((value, index) =>
    value === null
      ? null
      : ([round((index + 0.5) * step), round(height - 4 - (value / most) * (height - 8))] as const),
  )
  const path = points
    .map((point, index) => point && `${points[index - 1] ? 'L' : 'M'}${point[0]} ${point[1]}`)
    .filter(Boolean)
    .join('')
  // A line of no length with round ends is a dot, however the chart is stretched.
  const lone = points
    .map((point, index) => point && !points[index - 1] && !points[index + 1] && `M${point[0]} ${point[1]}h0`)
    .filter(Boolean)
    .join('')
  return (
    <Chart label={label}>
      {path && <path class="line" d={path} />}
      {lone && <path class="dots" d={lone} />}
    </Chart>
  )
}

const round = (value: number): number => Math.round(value * 10) / 10

const Chart = ({ label, children }: { readonly label: string; readonly children?: unknown }) => (
  <svg
    class="chart"
    viewBox={`0 0 ${width} ${height}`}
    preserveAspectRatio="none"
    role="img"
    aria-label={label}
  >
    <path class="base" d={`M0 ${height - 0.5}H${width}`} />
    {children}
  </svg>
)
