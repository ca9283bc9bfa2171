import { spawn } from 'node:child_process'
import { constants } from 'node:os'

/**
 * Runs a Node program in the foreground, with this terminal's input and output, and hands signals on to it. Plain
 * JavaScript, because the launcher needs it before anything can read TypeScript.
 * @param {string} node
 * @param {readonly string[]} parameters
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<number>} its exit code; 128 + the signal's number when a signal ended it
 */
export function runChild(node, parameters, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(node, parameters, { ...options, stdio: 'inherit' })
    // On a terminal Ctrl-C reaches the whole foreground group by itself; a second one would mean "at once".
    const hand = (signal) => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal))
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
    for (const signal of signals) process.on(signal, hand)
    const release = () => {
      for (const signal of signals) process.off(signal, hand)
    }
    child.once('error', (error) => {
      release()
      reject(error)
    })
    child.once('exit', (code, signal) => {
      release()
      resolve(code ?? 128 + (constants.signals[signal] ?? 0))
    })
  })
}
