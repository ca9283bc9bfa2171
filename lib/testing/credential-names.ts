/** Names of fields, headers and parameters that hold credentials, whoever made them. */
const credential =
  /(?:^|[_.[-])(?:authorization|api_?keys?|keys?|secrets?|tokens?|passwords?|passwd|pwd|pin|signatures?|sig|cookies?|sessions?|assertion|credentials?|jwt|otp|bearer|code_verifier|sessionid|cvc|cvv)\]?$/i
/** What only sounds like one: where a list goes on, what kind of token it is, and keys of things that are no keys. */
const harmless =
  /(?:page|next|prev(?:ious)?|sync|continuation|cursor|idempotency|partition|sort|primary|foreign|object|public(?:able|shable)?)_?(?:keys?|tokens?)$|^(?:key|keys|total_tokens|max_tokens|prompt_tokens)$|token_?type$/i

/** `clientSecret` is read as `client_secret`. */
const inSnake = (name: string): string => name.replaceAll(/([a-z\d])([A-Z])/g, '$1_$2').replaceAll('-', '_')

/** Whether what is called so is a credential. */
export function namesCredential(name: string): boolean {
  const snake = inSnake(name)
  return credential.test(snake) && !harmless.test(snake)
}

/** Headers that hold credentials by their names, whatever the provider. */
const namesSecretHeader = (name: string): boolean => namesCredential(name) || name === 'proxy-authorization'

/** Header fields as plain data, the credentials taken out. */
export const redactedHeaders = (
  headers: Headers,
  secretNames: ReadonlySet<string> = new Set(),
): Record<string, string> =>
  Object.fromEntries(
    [...headers].map(([name, value]) => [
      name,
      secretNames.has(name) || namesSecretHeader(name) ? '[redacted]' : value,
    ]),
  )
