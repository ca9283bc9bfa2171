import { readPointer } from './json-pointer.ts'

/**
 * The text that a document carries at a pointer, decoded where it is base64; `undefined` where there is none. Base64 is taken
 * in both alphabets, with or without padding, as senders differ.
 */
export function wrappedText(
  document: unknown,
  { pointer, encoding }: { readonly pointer: string; readonly encoding: 'text' | 'base64' },
): string | undefined {
  const text = readPointer(document, pointer)
  if (typeof text !== 'string') return undefined
  return encoding === 'text' ? text : Buffer.from(text, 'base64').toString('utf8')
}
