import type { Child } from 'hono/jsx'

export interface Column {
  readonly text: string
  readonly class?: string
  /** Nothing is written above it; its name is only heard. */
  readonly isHidden?: boolean
}

interface TableProps {
  readonly caption: string
  readonly columns: readonly (string | Column)[]
  readonly class?: string
  /** Of the body, where rows are put in later. */
  readonly bodyId?: string
  readonly children?: Child
}

/**
 * A table that becomes a list of cards where there is no room. Browsers forget what a table is when its boxes are laid out
 * otherwise, so each part says it by its role.
 */
export const Table = ({ caption, columns, class: name, bodyId, children }: TableProps) => (
  <table role="table" class={name}>
    <caption class="heard">{caption}</caption>
    <thead role="rowgroup">
      <tr role="row">
        {columns
          .map((column) => (typeof column === 'string' ? { text: column } : column))
          .map(({ text, class: kind, isHidden }: Column) => (
            <th role="columnheader" scope="col" class={kind}>
              {isHidden ? <span class="heard">{text}</span> : text}
            </th>
          ))}
      </tr>
    </thead>
    <tbody role="rowgroup" id={bodyId}>
      {children}
    </tbody>
  </table>
)

export const Row = ({ children }: { readonly children?: Child }) => <tr role="row">{children}</tr>

interface CellProps {
  readonly class?: string
  /** What stands before it where the table is a list of cards. */
  readonly label?: string
  readonly children?: Child
}

export const Cell = ({ class: name, label, children }: CellProps) => (
  <td role="cell" class={name} data-label={label}>
    {children}
  </td>
)
