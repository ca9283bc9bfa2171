import type { SignatureFormat } from '../../providers/scheme.ts'

/** Signatures beyond the tenth of one header are not looked at: a rotation needs two. */
const maxSignatures = 10

/** The digests that a signature header offers, as text. Empty where it does not follow the format to the letter. */
export function offeredSignatures(header: string, format: SignatureFormat): readonly string[] {
  switch (format.kind) {
    case 'plain': {
      const { prefix = '' } = format
      return header.startsWith(prefix) ? [header.slice(prefix.length)] : []
    }
    case 'pairs':
      return pairValues(header, format.separator, format.key)
    case 'list':
      return listItems(header, format.separator, format.prefix)
  }
}

/** The values under `key` in a header of `name=value` pairs, in order. None where a member is no pair, as when a gateway has joined two headers. */
export function pairValues(header: string, separator: string, key: string): readonly string[] {
  const lead = `${key}=`
  const values: string[] = []
  let isPairs = true
  eachItem(header, separator, (start, end) => {
    isPairs &&= startsPair(header, start, end)
    if (values.length < maxSignatures && header.startsWith(lead, start) && start + lead.length <= end)
      values.push(header.slice(start + lead.length, end))
  })
  return isPairs ? values : []
}

function listItems(header: string, separator: string, prefix: string): readonly string[] {
  const found: string[] = []
  eachItem(header, separator, (start, end) => {
    if (found.length < maxSignatures && header.startsWith(prefix, start) && start + prefix.length <= end)
      found.push(header.slice(start + prefix.length, end))
  })
  return found
}

/**
 * Walks at most far enough for ten signatures among other members; what follows is never looked at. By places, as
 * splitting and filtering cost as much as a third of the HMAC of a small body.
 */
function eachItem(header: string, separator: string, visit: (start: number, end: number) => void): void {
  let start = 0
  for (let i = 0; i < 4 * maxSignatures; i += 1) {
    const at = header.indexOf(separator, start)
    visit(start, at < 0 ? header.length : at)
    if (at < 0) return
    start = at + separator.length
  }
}

/** Whether letters, digits or underscores and then `=` stand at `start`. */
function startsPair(header: string, start: number, end: number): boolean {
  let at = start
  while (at < end && isWord(header.charCodeAt(at))) at += 1
  return at > start && at < end && header[at] === '='
}

const isWord = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || code === 95
