/** A document with `value` at an RFC 6901 pointer; what leads there is made. `*` and digits are places of an array. */
export function withPointer(document: unknown, pointer: string, value: unknown): unknown {
  if (pointer === '') return value
  const [head = '', ...rest] = pointer.slice(1).split('/')
  const tail = rest.length === 0 ? '' : `/${rest.join('/')}`
  if (/^(?:\*|\d+)$/.test(head)) {
    const list: unknown[] = Array.isArray(document) ? [...(document as readonly unknown[])] : []
    const index = head === '*' ? 0 : Number(head)
    list[index] = withPointer(list[index], tail, value)
    return list
  }
  const name = head.replaceAll('~1', '/').replaceAll('~0', '~')
  const object = typeof document === 'object' && document !== null ? { ...document } : {}
  const before = (object as Record<string, unknown>)[name]
  return { ...object, [name]: withPointer(before, tail, value) }
}
