import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually, startStackProcess, type StackProcess } from './local-process.ts'
import { signInOverHttp } from './sign-in.ts'

const repository = join(import.meta.dirname, '..', '..')
const tutorial = readFileSync(join(repository, 'docs', 'tutorial.md'), 'utf8')

/** How a line of the tutorial is run. */
interface Kind {
  /** `local`: as it stands, against a real local stack. `stack`: starts that. `cloud`: needs an account, so `instead` is run. */
  readonly kind: 'local' | 'stack' | 'cloud'
  /** What is run in its place; `true` of the shell where there is nothing to run here. */
  readonly instead?: string
  /** What it must print, at the latest after a while. */
  readonly shows?: RegExp
  readonly input?: string
}

const signingSecret = `whsec_${'0123456789abcdef'.repeat(2)}`

/** Every command of the tutorial. One that is not here fails the test: say how it is run. */
const kinds: Readonly<Record<string, Kind>> = {
  // The checkout that is tested, copied.
  'git clone "$SLUICE_REPOSITORY" sluice && cd sluice': { kind: 'local', instead: 'true' },
  // The packages of the checkout, linked.
  'npm ci && npm start': { kind: 'stack' },
  'npx sluice send stripe': { kind: 'local', shows: /1 webhook/ },
  'npx sluice events list': { kind: 'local', shows: /done.+stripe/ },
  'npx sluice console': { kind: 'local', shows: /\/console\/login\?link=/ },
  'npx tsc': { kind: 'local' },
  'npx vitest run test/unit/handlers/invoice-unpaid.test.ts': { kind: 'local', shows: /1 passed/ },
  'npm start': { kind: 'stack' },
  'npx sluice send stripe --type invoice.payment_failed': { kind: 'local', shows: /1 webhook/ },
  'npx sluice events list --type invoice.payment_failed': { kind: 'local', shows: /done.+stripe/ },
  'npx sluice connect sandbox --tenant acme --no-open': {
    kind: 'local',
    shows: /\/oauth\/sandbox\/connect\?link=/,
  },
  'npx sluice connections list --tenant acme': { kind: 'local', shows: /sandbox.+active/ },
  'npx sluice polls list': { kind: 'local' },
  'npx sluice doctor': { kind: 'local', shows: /\b0 faults/ },
  'npx cdk bootstrap': { kind: 'cloud', instead: 'npx cdk --version' },
  'npx cdk deploy': { kind: 'cloud', instead: 'npx cdk synth -q' },
  'export SLUICE_PUBLIC_URL="https://abc123.execute-api.eu-west-1.amazonaws.com"': {
    kind: 'cloud',
    instead: `grep -q '"Url":' cdk.out/Sluice-dev.template.json`,
  },
  'export SLUICE_ADMIN_TOKEN="$(aws secretsmanager get-secret-value --secret-id "$ADMIN_SECRET" --query SecretString --output text | jq -r .SLUICE_ADMIN_TOKEN)"':
    {
      kind: 'cloud',
      instead: `grep -q '"GenerateStringKey": "SLUICE_ADMIN_TOKEN"' cdk.out/Sluice-dev.template.json`,
    },
  'npx sluice secrets set stripe --stage dev': {
    kind: 'cloud',
    instead: 'npx sluice secrets set stripe',
    input: signingSecret,
    shows: /STRIPE_WEBHOOK_SECRET is in sluice\/dev\/stripe of the local stack/,
  },
  'git checkout HEAD~1': { kind: 'cloud', instead: 'true' },
  // That what it says is kept is kept stands in the template.
  'npx cdk destroy': {
    kind: 'cloud',
    instead: `grep -q '"DeletionPolicy": "Retain"' cdk.out/Sluice-dev.template.json`,
  },
}

interface Block {
  readonly language: string
  readonly content: string
}
const blocks: readonly Block[] = [...tutorial.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(
  ([, language = '', content = '']) => ({ language, content }),
)
const linesOf = ({ content }: Block): string[] => content.split('\n').filter((line) => line !== '')

const skipped = new Set(['node_modules', 'dist', 'cdk.out', '.sluice', '.git', 'coverage'])
let home: string
let copy: string
let stack: StackProcess | undefined

beforeAll(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), 'sluice-tutorial-')))
  copy = join(home, 'sluice')
  const own = (source: string): boolean => !skipped.has(relative(repository, source).split('/')[0] ?? '')
  await cp(repository, copy, { recursive: true, filter: own })
  await symlink(join(repository, 'node_modules'), join(copy, 'node_modules'))
})
afterAll(async () => {
  await stack?.end('SIGKILL')
  await rm(home, { recursive: true, force: true })
})

/** Starts the stack of the copy; one that runs is stopped first, as by Ctrl-C. */
async function restart(): Promise<void> {
  if (stack) expect(await stack.end('SIGTERM')).toBe(0)
  stack = await startStackProcess(home, join(copy, '.sluice'), {}, copy)
}

/** Runs a command line in the copy, as a person does who has set nothing. */
async function shell(line: string, input: string | undefined): Promise<string> {
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    NO_COLOR: '1',
    npm_config_offline: 'true',
    npm_config_update_notifier: 'false',
  }
  const child = spawn('sh', ['-c', `${line} 2>&1`], {
    cwd: copy,
    env,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'inherit'],
  })
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve))
  child.stdin?.end(input)
  const out = child.stdout ? await text(child.stdout) : ''
  const code = await exit
  if (code !== 0) throw new Error(`${line}: exit code ${String(code)}\n${out}`)
  return out
}

async function perform(line: string): Promise<void> {
  const { kind, instead = line, shows, input } = kinds[line] ?? { kind: 'local' }
  if (kind === 'stack') return restart()
  let printed = ''
  const seen = async (): Promise<true | undefined> => {
    printed = await shell(instead, input)
    return !shows || shows.test(printed) || undefined
  }
  await eventually(`${line} shows ${String(shows)}`, seen).catch((error: unknown) => {
    throw new Error(`${String(error)}, but:\n${printed}`)
  })
  const link = /http:\/\/\S+\/connect\?link=\S+/.exec(printed)?.[0]
  if (link) expect(await signInOverHttp(link, 'alice')).toContain('Connected')
}

async function writeExample({ content }: Block): Promise<void> {
  const [, path = ''] = /^\/\/ (\S+)\n/.exec(content) ?? []
  expect(path, content).toMatch(/^[\w./-]+\.ts$/)
  await mkdir(dirname(join(copy, path)), { recursive: true })
  await writeFile(join(copy, path), content)
}

test('every command of the tutorial is known, and nothing is known that it does not have', () => {
  const lines = blocks.filter(({ language }) => language === 'sh').flatMap(linesOf)
  expect(new Set(lines)).toEqual(new Set(Object.keys(kinds)))
  expect(
    blocks.map(({ language }) => language).filter((language) => !['sh', 'ts'].includes(language)),
  ).toEqual([])
})

test('the tutorial works from its first line to its last', { timeout: 400_000 }, async () => {
  for (const block of blocks) {
    if (block.language === 'ts') await writeExample(block)
    else for (const line of linesOf(block)) await perform(line)
  }
  // What section 5 promises of the log.
  const logs = join(copy, '.sluice', 'logs')
  expect(readdirSync(logs)).toContain('worker.log')
  expect(readFileSync(join(logs, 'worker.log'), 'utf8')).toMatch(/invoice in_\w+ was not paid/)
  // And what section 11 promises to be kept.
  const template = JSON.parse(readFileSync(join(copy, 'cdk.out', 'Sluice-dev.template.json'), 'utf8')) as {
    Resources: Record<string, { Type: string; DeletionPolicy?: string }>
  }
  const kept = /^AWS::(SQS::Queue|DynamoDB::GlobalTable|S3::Bucket|KMS::Key)$/
  const holders = Object.values(template.Resources).filter(({ Type }) => kept.test(Type))
  expect(holders.length).toBeGreaterThan(8)
  expect(new Set(holders.map(({ DeletionPolicy }) => DeletionPolicy))).toEqual(new Set(['Retain']))
})

test('the files that the tutorial links to are there', () => {
  const links = [...tutorial.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, path = '']) => path)
  expect(links.length).toBeGreaterThan(0)
  expect(links.filter((path) => !existsSync(join(repository, 'docs', path)))).toEqual([])
})
