/** How the breaker of a provider stands, for whoever calls nobody: `probing` when its open time is over. */
export type BreakerReader = (provider: string) => Promise<'closed' | 'open' | 'probing'>
