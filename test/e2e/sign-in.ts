/** Cookies by the host and port that set them, which is stricter than a browser is. */
type Jar = Map<string, Map<string, string>>

/** Follows a connect link through the sandbox's sign-in by this name and its consent; answers the page at its end. */
export async function signInOverHttp(link: string, name: string): Promise<string> {
  const jar: Jar = new Map()
  let html = await visit(link, jar)
  for (let form = formIn(html); form; form = formIn(html)) {
    const body = new URLSearchParams({ ...form.fields, login: name, password: 'any' })
    html = await visit(form.action, jar, body)
  }
  return html
}

async function visit(address: string, jar: Jar, body?: URLSearchParams): Promise<string> {
  let url = new URL(address)
  let method = body ? 'POST' : 'GET'
  for (;;) {
    const cookies = jar.get(url.host) ?? new Map<string, string>()
    jar.set(url.host, cookies)
    const answer = await fetch(url, {
      method,
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([key, value]) => `${key}=${value}`).join('; ') },
      ...(method === 'POST' && body && { body }),
    })
    for (const line of answer.headers.getSetCookie()) {
      const [pair = ''] = line.split(';')
      cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
    }
    const location = answer.headers.get('location')
    if (location === null) return answer.text()
    url = new URL(location, url)
    method = 'GET'
  }
}

function formIn(
  html: string,
): { readonly action: string; readonly fields: Record<string, string> } | undefined {
  const action = /<form[^>]*action="([^"]+)"/.exec(html)?.[1]
  if (action === undefined) return undefined
  const inputs = [...html.matchAll(/<input[^>]*type="hidden"[^>]*>/g)].map(([tag]) => [
    /name="([^"]*)"/.exec(tag)?.[1] ?? '',
    /value="([^"]*)"/.exec(tag)?.[1] ?? '',
  ])
  return { action, fields: Object.fromEntries(inputs) as Record<string, string> }
}
