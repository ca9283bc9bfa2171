/** Why `fetch` failed, in the system's own short word (`ECONNREFUSED`, `TimeoutError`): its message alone says only "fetch failed". */
export function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const { code, cause, errors } = error as Error & { code?: string; errors?: readonly unknown[] }
  if (code) return code
  if (errors?.[0] !== undefined) return causeOf(errors[0])
  return cause === undefined ? error.name : causeOf(cause)
}
