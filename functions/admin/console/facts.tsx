import type { Child } from 'hono/jsx'

interface FactProps {
  readonly name: string
  readonly wide?: boolean
  readonly children?: Child
}

/** One line of a list of facts, `<dl class="facts">`. */
export const Fact = ({ name, wide, children }: FactProps) => (
  <div class={wide ? 'wide' : undefined}>
    <dt>{name}</dt>
    <dd class="break">{children}</dd>
  </div>
)
