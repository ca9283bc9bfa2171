import { benchVerification } from './verification.ts'

process.stdout.write(`node ${process.version}; ratios are medians of interleaved rounds\n\n`)
process.stdout.write(`${await benchVerification()}\n`)
