/**
 * Whether a browser may be sent to `target` afterwards: an absolute `https:` address whose origin and path are in the list
 * letter by letter, or below an entry that ends with a slash. Parsed once, and what the parser would change is refused, so
 * that no browser reads it otherwise. `http:` for this machine alone.
 */
export function isAllowedReturn(target: string, allowed: readonly string[]): boolean {
  const url = URL.parse(target)
  if (!url || url.href !== target || url.username !== '' || url.password !== '') return false
  const isLocal = url.protocol === 'http:' && /^(?:localhost|127\.0\.0\.1)$/.test(url.hostname)
  if (url.protocol !== 'https:' && !isLocal) return false
  // What a server may take for a slash or a dot after decoding it once more.
  if (/\\|%2f|%5c|%2e|\/\//i.test(url.pathname)) return false
  const place = `${url.origin}${url.pathname}`
  return allowed.some((entry) => place === entry || (entry.endsWith('/') && place.startsWith(entry)))
}

/** The address with what came of it in its query. */
export function returnAddress(target: string, result: Readonly<Record<string, string>>): string {
  const url = new URL(target)
  for (const [name, value] of Object.entries(result)) url.searchParams.set(name, value)
  return url.href
}
