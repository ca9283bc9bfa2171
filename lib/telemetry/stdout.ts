/** One line to standard output, which Lambda hands to CloudWatch. */
export const writeLine = (line: string): void => void process.stdout.write(`${line}\n`)
