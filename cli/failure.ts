/** Why a command ends without having done what it was asked. 2 is for what was typed wrongly, 1 for everything else. */
export class Failure extends Error {
  override readonly name = 'Failure'
  /** Stable, for scripts that read `--json`. */
  readonly code: string
  readonly exitCode: 1 | 2

  constructor(code: string, message: string, exitCode: 1 | 2 = 1) {
    super(message)
    this.code = code
    this.exitCode = exitCode
  }
}
