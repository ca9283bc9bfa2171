import type { ApiDeclaration } from '#lib/providers/api.ts'
import type { RateLimit } from '#lib/providers/limits.ts'
import type { KeyForm } from '#lib/providers/auth.ts'
import type { Provider } from '#lib/providers/provider.ts'
import { table } from './table.ts'

/** The part of `docs/providers.md` about calls: what each provider's file says, for people. */
export const apiDocument = (providers: readonly Provider[]): readonly string[] => [
  '## Calls',
  '',
  'What is declared of each API. `{param}` is filled by the connection or the environment; `{PROVIDER}_BASE_URL` takes the',
  'place of the address. Limits are per connection unless they say "all".',
  '',
  ...table(
    [
      'Provider',
      'Address',
      'Credential',
      'Limits',
      'Pages',
      'Idempotency key',
      'Error inside 2xx',
      'Checked on',
    ],
    providers.flatMap((provider) => {
      const { displayName, api } = provider
      return api
        ? [
            [
              displayName,
              `\`${api.baseUrl}\``,
              api.signedBySdk ? 'signed by the AWS SDK' : credentialText(provider),
              api.limits?.map(limitText).join(', ') ?? '-',
              [...new Set(Object.values(api.pages ?? {}).map(({ kind }) => kind))].join(', ') || '-',
              idempotencyText(api),
              api.errors?.inside ? 'yes' : '-',
              api.checkedOn,
            ],
          ]
        : []
    }),
  ),
]

/** The usual form of a key first, as the declaration has it. */
function credentialText({ auth, keys = [] }: Provider): string {
  const words = [
    ...(auth ? [`OAuth 2, ${auth.kind === 'oauth2-code' ? 'by the user' : auth.kind}`] : []),
    ...keys.slice(0, 1).map(keyText),
  ]
  return words.join('; ') || '-'
}

function keyText({ headers = {}, query = {}, basic }: KeyForm): string {
  if (basic) return 'key, Basic'
  const [header] = Object.entries(headers)
  if (header) return `key, \`${header.join(': ')}\``
  return `key, \`?${Object.keys(query).join('&')}=\``
}

const units: readonly (readonly [number, string])[] = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1_000, 'second'],
]

/** `500 a minute`, `40 in 4 minutes of \`/batch$\``. */
function limitText({ limit, windowMs, scope, path, methods, each, cost }: RateLimit): string {
  const [size, unit] = units.find(([ms]) => windowMs % ms === 0) ?? [1, 'ms']
  const count = windowMs / size
  return [
    limit.toLocaleString('en'),
    ...(cost === undefined ? [] : ['units']),
    count === 1 ? `${unit === 'hour' ? 'an' : 'a'} ${unit}` : `in ${count} ${unit}s`,
    ...(methods ? [methods.join('/')] : []),
    ...(path === undefined ? [] : [`of \`${path.replaceAll('|', String.raw`\|`)}\``]),
    ...(each ? ['of each path'] : []),
    ...(scope === 'app' ? ['(all)'] : []),
  ].join(' ')
}

function idempotencyText({ idempotency }: ApiDeclaration): string {
  if (!idempotency) return '-'
  const { place } = idempotency
  if ('query' in place) return `\`?${place.query}=\``
  return 'field' in place ? `field \`${place.field}\`` : `\`${place.header}\``
}
