import { benchConsume } from './consume.ts'
import { benchIngest } from './ingest.ts'
import { benchLimits } from './limits.ts'
import { benchResilience } from './resilience.ts'
import { benchVault } from './vault.ts'
import { benchVerificationKeys } from './verification-keys.ts'
import { benchVerification } from './verification.ts'

process.stdout.write(`node ${process.version}; ratios are medians of interleaved rounds\n\n`)
const benches = [
  benchIngest,
  benchConsume,
  benchVerification,
  benchVerificationKeys,
  benchVault,
  benchResilience,
  benchLimits,
]
for (const bench of benches) {
  process.stdout.write(`${await bench()}\n\n`)
}
