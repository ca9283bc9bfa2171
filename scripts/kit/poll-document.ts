import { paramsOf } from '#lib/polling/declared.ts'
import type { PollDeclaration } from '#lib/providers/polls.ts'
import type { Provider } from '#lib/providers/provider.ts'
import { table } from './table.ts'

/** The part of `docs/providers.md` about polls: what each provider's file says, for people. */
export function pollDocument(providers: readonly Provider[]): readonly string[] {
  const polls = providers.flatMap(({ displayName, polls: own = {} }) =>
    Object.entries(own).map(([name, poll]) => ({ displayName, name, poll })),
  )
  return [
    '## Polls',
    '',
    'What is read again and again, so that a lost webhook is no lost fact. A stream is named with its parameters:',
    '`messages?channel=C1`. "Same as webhook" means that a fact which both bring is one event with one id.',
    '',
    ...table(
      [
        'Provider',
        'Stream',
        'Parameters',
        'Goes by',
        'Overlap',
        'Every',
        'Same as webhook',
        'Version',
        'Deletions',
        'Hints',
      ],
      polls.map(({ displayName, name, poll }) => [
        displayName,
        `\`${name}\``,
        paramsOf(poll)
          .map((param) => `\`${param}\``)
          .join(', ') || '-',
        progressText(poll),
        overlapText(poll),
        everyText(poll),
        poll.event.keys === 'shared' ? 'yes' : 'no',
        versionText(poll),
        deletesText[poll.deletes],
        hintsText(poll.hints),
      ]),
    ),
    '',
    ...polls.map(({ displayName, name, poll }) => `- ${displayName}, \`${name}\`: ${poll.finds}`),
  ]
}

const deletesText = {
  listed: 'told',
  never: 'not told',
} as const satisfies Record<PollDeclaration['deletes'], string>

const versionText = ({ version }: PollDeclaration): string =>
  version ? `\`${Object.values(version).join(' ')}\`` : '-'

const hintsText = (hints: readonly string[] = []): string =>
  hints.map((hint) => (hint === '*' ? 'every webhook' : `\`${hint}\``)).join(', ') || '-'

function progressText({ progress }: PollDeclaration): string {
  if (progress.kind === 'cursor') return `cursor \`${progress.param}\``
  if (progress.kind === 'block') return `block, ${progress.confirmations} confirmations`
  const [{ unit: _unit, ...source } = { unit: 'iso', pointer: '' }] = progress.from
  const window = progress.maxWindowMs === undefined ? '' : `, windows of ${lengthText(progress.maxWindowMs)}`
  return `time \`${Object.values(source).join(' ')}\`${window}`
}

const overlapText = ({ progress }: PollDeclaration): string => {
  if (progress.kind === 'block') return `${progress.rescan} blocks`
  return progress.kind === 'cursor'
    ? `${lengthText(progress.resync.overlapMs)} without a cursor`
    : lengthText(progress.overlapMs)
}

const everyText = ({ interval: { floorMs, usualMs, ceilingMs } }: PollDeclaration): string =>
  `${lengthText(usualMs)} (${lengthText(floorMs)} to ${lengthText(ceilingMs)})`

const units = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
] as const

function lengthText(length: number): string {
  const [size, unit] = units.find(([ms]) => length % ms === 0) ?? [1_000, 's']
  return `${length / size} ${unit}`
}
