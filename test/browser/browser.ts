import { existsSync } from 'node:fs'
import sparticuz from '@sparticuz/chromium'
import { chromium, type Browser } from 'playwright-core'

const debian = '/usr/bin/chromium'

/** A real Chromium: the one that is named, the system's, or the one that comes in a package. */
export async function launchBrowser(): Promise<Browser> {
  const named = process.env['CHROMIUM_PATH']
  const executablePath = named || (existsSync(debian) ? debian : await sparticuz.executablePath())
  return chromium.launch({
    executablePath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}
