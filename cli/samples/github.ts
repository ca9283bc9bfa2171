import { iso, type EpochMs } from '#lib/primitives/clock.ts'
import type { Chance } from './chance.ts'
import type { Sampler } from './sample.ts'

type Fields = Readonly<Record<string, unknown>>

/**
 * `push`, or event and action as in `pull_request.opened`.
 * @see https://docs.github.com/en/webhooks/webhook-events-and-payloads
 */
export const github: Sampler = {
  defaultType: 'push',
  make({ type, at, chance }) {
    const [event = type, action] = type.split('.', 2)
    const repository = repositoryOf(chance)
    return {
      headers: {
        'user-agent': `GitHub-Hookshot/${chance.hex(7)}`,
        'x-github-event': event,
        'x-github-delivery': chance.uuid(),
        'x-github-hook-id': String(chance.integer(100_000_000, 999_999_999)),
      },
      body: {
        ...(action !== undefined && { action }),
        ...details[event]?.({ at, chance, action }),
        repository,
        sender: { login: 'octocat', id: 583_231, type: 'User' },
      },
    }
  },
}

interface Given {
  readonly at: EpochMs
  readonly chance: Chance
  readonly action: string | undefined
}

const repositoryOf = (chance: Chance): Fields => {
  const name = chance.pick(['hello-world', 'spoon-knife', 'linguist'])
  return {
    id: chance.integer(1_000_000, 99_999_999),
    name,
    full_name: `octocat/${name}`,
    private: false,
    default_branch: 'main',
  }
}

const author = { name: 'The Octocat', email: 'octocat@example.com', username: 'octocat' }

const details: Readonly<Record<string, (given: Given) => Fields>> = {
  push({ at, chance }) {
    const before = chance.hex(40)
    const after = chance.hex(40)
    const commit = {
      id: after,
      message: chance.pick(['Fix the rounding of totals', 'Add a test for refunds', 'Say why it is retried']),
      timestamp: iso(at),
      author,
      committer: author,
      added: [],
      removed: [],
      modified: ['README.md'],
    }
    return {
      ref: 'refs/heads/main',
      before,
      after,
      created: false,
      deleted: false,
      forced: false,
      head_commit: commit,
      commits: [commit],
      pusher: { name: 'octocat', email: 'octocat@example.com' },
    }
  },
  pull_request({ at, chance, action }) {
    const number = chance.integer(1, 9_999)
    return {
      number,
      pull_request: {
        id: chance.integer(1_000_000_000, 4_000_000_000),
        number,
        state: action === 'closed' ? 'closed' : 'open',
        title: 'Say why it is retried',
        created_at: iso(at),
        user: { login: 'octocat', id: 583_231 },
        head: { ref: 'say-why', sha: chance.hex(40) },
        base: { ref: 'main', sha: chance.hex(40) },
      },
    }
  },
  issues: ({ at, chance, action }) => ({
    issue: {
      id: chance.integer(1_000_000_000, 4_000_000_000),
      number: chance.integer(1, 9_999),
      state: action === 'closed' ? 'closed' : 'open',
      title: 'Totals are rounded twice',
      created_at: iso(at),
      user: { login: 'octocat', id: 583_231 },
    },
  }),
  ping: ({ chance }) => ({
    zen: 'Keep it logically awesome.',
    hook_id: chance.integer(100_000_000, 999_999_999),
  }),
}
