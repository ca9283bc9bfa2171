import type { SenderSite } from '#lib/webhooks/sender-site.ts'

export interface FakeSite extends SenderSite {
  /** Every address that was asked for, and `visit …` for those that were called. */
  readonly asked: string[]
}

/** What senders publish, by address; visits succeed unless told otherwise. */
export function siteOf(
  documents: Readonly<Record<string, string>> = {},
  { isDown = false, visitable = true } = {},
): FakeSite {
  const asked: string[] = []
  const document: SenderSite['document'] = async (url) => {
    asked.push(url)
    if (isDown) return { kind: 'unavailable' }
    const text = Object.hasOwn(documents, url) ? documents[url] : undefined
    return text === undefined ? { kind: 'absent' } : { kind: 'found', text }
  }
  return {
    asked,
    document,
    newerDocument: document,
    visit: async (url) => {
      asked.push(`visit ${url}`)
      return visitable
    },
  }
}
