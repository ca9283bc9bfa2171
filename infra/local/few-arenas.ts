const name = 'MALLOC_ARENA_MAX'

/**
 * Starts this process anew, in place and under the same id, with two arenas of the C library's allocator: by default every
 * thread of the stack gets its own, and what one of them has freed is of no use to the others.
 * @see https://man7.org/linux/man-pages/man3/mallopt.3.html M_ARENA_MAX
 */
export function keepArenasFew(): void {
  const { platform, env, execPath, execArgv, argv } = process
  if (platform !== 'linux' || env[name] !== undefined || !process.execve) return
  process.execve(execPath, [execPath, ...execArgv, ...argv.slice(1)], { ...env, [name]: '2' })
}
