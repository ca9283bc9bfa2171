import type { PollConfig } from '../config/define-config.ts'
import type { Provider } from '../providers/provider.ts'
import { paramsOf, streamOf, type Stream } from './declared.ts'
import type { PollRef } from './poll-state.ts'
import type { WantedStream } from './reconcile.ts'

/** What the config wants to be read. */
export interface Wanted {
  readonly streamsOf: (tenant: string, provider: string) => readonly Omit<WantedStream, 'endpoint'>[]
  readonly isWanted: (poll: PollRef) => boolean
  /** Streams of the provider that has most of them; 0 where nothing is wanted. */
  readonly mostStreams: number
}

/** @throws SluiceError `MISCONFIGURED` for a stream that its provider does not have, or that needs other parameters. */
export function wantedOf(
  configs: readonly PollConfig[],
  providerOf: (id: string) => Provider | undefined,
): Wanted {
  const lines = configs.map(({ provider, streams, tenants }) => ({
    provider,
    tenants: tenants && new Set(tenants),
    streams: streamsIn(providerOf(provider), streams),
  }))
  const of = (tenant: string, provider: string): readonly Stream[] => {
    const found = lines
      .filter((line) => line.provider === provider && (line.tenants?.has(tenant) ?? true))
      .flatMap((line) => line.streams)
    return [...new Map(found.map((stream) => [stream.text, stream])).values()]
  }
  const counts = Map.groupBy(lines, ({ provider }) => provider)
  return {
    streamsOf: (tenant, provider) => of(tenant, provider).map(wanted),
    isWanted: ({ tenant, provider, stream }) => of(tenant, provider).some(({ text }) => text === stream),
    mostStreams: Math.max(
      0,
      ...[...counts.values()].map((all) => all.flatMap(({ streams }) => streams).length),
    ),
  }
}

const wanted = ({ text, declaration }: Stream): Omit<WantedStream, 'endpoint'> => ({
  stream: text,
  interval: declaration.interval,
  timed: declaration.progress.kind !== 'block',
})

function streamsIn(provider: Provider | undefined, named: readonly string[] | undefined): readonly Stream[] {
  if (!provider?.polls) return []
  const plain = Object.entries(provider.polls).flatMap(([name, declaration]) =>
    paramsOf(declaration).length === 0 ? [name] : [],
  )
  return (named ?? plain).map((text) => streamOf(provider, text))
}
