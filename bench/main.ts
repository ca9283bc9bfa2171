import { benchConsume } from './consume.ts'
import { benchIngest } from './ingest.ts'
import { benchResilience } from './resilience.ts'
import { benchVault } from './vault.ts'
import { benchVerificationKeys } from './verification-keys.ts'
import { benchVerification } from './verification.ts'

process.stdout.write(`node ${process.version}; ratios are medians of interleaved rounds\n\n`)
for (const bench of [
  benchIngest,
  benchConsume,
  benchVerification,
  benchVerificationKeys,
  benchVault,
  benchResilience,
]) {
  process.stdout.write(`${await bench()}\n\n`)
}
