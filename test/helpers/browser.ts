import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium } from 'playwright-core'
import type { Test } from 'tap'

const CHROMIUM = '/usr/bin/chromium'

/** A browser with an empty profile, which talks to nobody by itself. Fails, rather than skips, where there is none. */
export async function startBrowser(t: Test): Promise<BrowserContext> {
  if (!existsSync(CHROMIUM)) throw new Error('there is no browser: apt-get install chromium')
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-browser-'))
  const browser = await chromium.launchPersistentContext(folder, {
    executablePath: CHROMIUM,
    headless: true,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync'
    ],
    // Tests are run by root in containers, where the browser's own sandbox cannot be.
    chromiumSandbox: false
  })
  t.teardown(async () => {
    await browser.close()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  })
  return browser
}
