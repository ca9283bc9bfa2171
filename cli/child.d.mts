/** Runs a Node program in the foreground; resolves with its exit code. */
export function runChild(
  node: string,
  parameters: readonly string[],
  options?: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv },
): Promise<number>
