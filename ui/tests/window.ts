// Starts the whole window on the fake backend, as App does.
import { render } from '@testing-library/svelte'
import { vi } from 'vitest'
import App from '../src/App.svelte'
import { setBackend } from '../src/lib/ipc/backend'
import { createFakeBackend, SAMPLE_NOW, type FakeBackend, type FakeOptions } from '../src/lib/ipc/fake'
import { bulk } from '../src/lib/state/bulk.svelte'
import { clock } from '../src/lib/state/clock.svelte'
import { composer } from '../src/lib/state/composer.svelte'
import { hours } from '../src/lib/state/hours.svelte'
import { inbox } from '../src/lib/state/inbox.svelte'
import { forgetWarnings } from '../src/lib/state/leaving'
import { policy } from '../src/lib/state/policy.svelte'
import { preferences } from '../src/lib/state/preferences.svelte'
import { privacy } from '../src/lib/state/privacy.svelte'
import { rules } from '../src/lib/state/rules.svelte'
import { search } from '../src/lib/state/search.svelte'
import { session } from '../src/lib/state/session.svelte'
import { openThread } from '../src/lib/state/thread.svelte'
import { toasts } from '../src/lib/state/toasts.svelte'
import { upkeep } from '../src/lib/state/upkeep.svelte'

/** Puts every state class back to its start, on a new fake backend. */
export function freshState(options: FakeOptions = {}): FakeBackend {
  const fake = createFakeBackend({ delay: 0, ...options })
  setBackend(fake)
  clock.stop(SAMPLE_NOW)
  clock.zone = 'Europe/Berlin'
  preferences.language = options.preferences?.language === 'de' ? 'de' : 'en'
  session.state = null
  session.signingIn = false
  forgetWarnings()
  bulk.clear()
  inbox.clear()
  openThread.close()
  composer.clear()
  search.clear()
  rules.clear()
  hours.clear()
  policy.clear()
  upkeep.clear()
  upkeep.rescued = null
  toasts.clear()
  privacy.end()
  preferences.hideUnfocused = false
  return fake
}

/** Waits for something to become true; patient, because the machine may be busy. */
export function until<T>(check: () => T): Promise<T> {
  return vi.waitFor(check, { timeout: 15_000, interval: 10 })
}

export async function openWindow(options: FakeOptions = {}): Promise<FakeBackend> {
  const fake = freshState(options)
  render(App)
  await until(() => {
    if (!document.querySelector('[data-testid="inbox"], [data-testid="unlock-page"], [data-testid="first-run"]'))
      throw new Error('not drawn')
  })
  return fake
}

export async function openInbox(options: FakeOptions = {}): Promise<FakeBackend> {
  const fake = await openWindow(options)
  await until(() => {
    if (!document.querySelector('[data-testid="message"]')) throw new Error('no thread yet')
  })
  return fake
}

export function all(testid: string, within: ParentNode = document): HTMLElement[] {
  return [...within.querySelectorAll<HTMLElement>(`[data-testid="${testid}"]`)]
}

export function one<T extends HTMLElement = HTMLElement>(testid: string, within: ParentNode = document): T {
  const found = within.querySelector<T>(`[data-testid="${testid}"]`)
  if (!found) throw new Error(`no ${testid}`)
  return found
}
