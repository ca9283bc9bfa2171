import { toSeconds, type Clock } from '../primitives/clock.ts'
import { token128, type Random } from '../primitives/random.ts'
import type { AnyGrant, OAuthClient } from './client.ts'
import { signedJwt, type SigningKey } from './signed-jwt.ts'

/** Who asks. */
export type Asker = Omit<OAuthClient<AnyGrant>, 'provider'>

interface IdentifyDeps {
  readonly clock: Clock
  readonly random: Random
}

/**
 * Puts into `form`, or the headers it gives, who asks. A public client has no secret and names itself.
 * @throws Error for a private key that is none; its message may quote it
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
 */
export function identify(
  form: URLSearchParams,
  asker: Asker,
  deps: IdentifyDeps,
): Readonly<Record<string, string>> {
  const { clientId, clientSecret, privateKey, auth } = asker
  switch (auth.clientAuth) {
    case 'basic': {
      const pair = `${formEncoded(clientId)}:${formEncoded(clientSecret.reveal())}`
      return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
    }
    case 'body':
      form.set('client_id', clientId)
      form.set('client_secret', clientSecret.reveal())
      return {}
    case 'private-key-jwt':
      if (!privateKey) throw new Error('there is no private key')
      form.set('client_id', clientId)
      form.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
      form.set('client_assertion', assertionOf(asker, privateKey, deps))
      return {}
    case 'none':
      if (auth.kind === 'oauth2-code') form.set('client_id', clientId)
      return {}
  }
}

const formEncoded = (text: string): string => new URLSearchParams({ v: text }).toString().slice(2)

const assertionSeconds = 60

/** Good for a minute and for one use. @see https://www.rfc-editor.org/rfc/rfc7523#section-3 */
function assertionOf({ clientId, auth }: Asker, key: SigningKey, { clock, random }: IdentifyDeps): string {
  const issuedAt = toSeconds(clock.now())
  const own = 'clientAssertion' in auth ? auth.clientAssertion : undefined
  return signedJwt(
    {
      iss: clientId,
      sub: clientId,
      aud: own?.audience ?? auth.tokenUrl,
      jti: token128(random),
      iat: issuedAt,
      exp: issuedAt + assertionSeconds,
    },
    key,
  )
}
