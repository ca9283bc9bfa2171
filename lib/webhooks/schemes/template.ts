/** The values that a template of signed parts can name, the body apart. */
export type SignedValues = Readonly<
  Partial<Record<'timestamp' | 'id' | 'secret' | 'crc32' | 'url' | 'form', string | undefined>>
>

/**
 * Feeds the signed bytes of a template to `update`, in order and without joining them to one string: the body may be
 * megabytes. A named value that is not there counts as empty.
 */
export function eachSignedPart(
  signed: readonly string[],
  values: SignedValues,
  body: Uint8Array,
  update: (part: string | Uint8Array) => void,
): void {
  let text = ''
  for (const part of signed) {
    if (part === '{body}') {
      if (text) update(text)
      text = ''
      update(body)
    } else text += valueOf(part, values)
  }
  if (text) update(text)
}

/** Spelled out: building the name of a member for each part is slower than all of them together. */
function valueOf(part: string, values: SignedValues): string {
  switch (part) {
    case '{timestamp}':
      return values.timestamp ?? ''
    case '{id}':
      return values.id ?? ''
    default:
      return part.startsWith('{') ? (values[part.slice(1, -1) as keyof SignedValues] ?? '') : part
  }
}
