/** Secrets and persons that no line, metric, trace or problem may show. Their looks are those of real ones. */
export const canaries = {
  key: 'sk_live_51CanaryKeyOfTheTenant0000000001',
  token: 'kX9+CANARY/token4U1tqY7mVb2nRwZc0=',
  signingSecret: 'whsec_Q0FOQVJZc2lnbmluZ1NlY3JldDAwMDE=',
  jwt: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJlT2ZBQ2FuYXJ5',
  email: 'canary.person@example.org',
  card: '4242424242424242',
  person: '078-05-1120',
  phone: '+15005550006',
} as const

/** All of them in one text, as somebody's error message might have them. */
export const planted =
  `GET https://api.example.com/v1?access_token=${encodeURIComponent(canaries.token)} failed for ${canaries.email} ` +
  `(card ${canaries.card}, ssn ${canaries.person}, ${canaries.phone}): Authorization: Bearer ${canaries.key}, ` +
  `secret=${canaries.signingSecret}, cookie ${canaries.jwt}, body {"refresh_token":"${canaries.token}"}`

/** As it is, as JSON, addresses and forms write it, in hex, and in base64 at each of the three places within a longer text. */
function spellings(secret: string): readonly string[] {
  const bytes = Buffer.from(secret)
  const inBase64 = [0, 1, 2].flatMap((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64')
    const whole = text.slice(shift === 0 ? 0 : 4, -4)
    return [whole, whole.replaceAll('+', '-').replaceAll('/', '_')]
  })
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    new URLSearchParams({ a: secret }).toString().slice(2),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    ...inBase64,
  ]
}

/** Names of the canaries that a text shows, in whatever spelling. */
export const shownIn = (text: string): string[] =>
  Object.entries(canaries).flatMap(([name, secret]) =>
    spellings(secret).some((spelling) => text.includes(spelling)) ? [name] : [],
  )
