// Before the vault is locked or the window closed: the draft is saved, and what would be lost or left behind is said once.
// The same wish again within ten seconds is taken as meant.
import { m } from '../paraglide/messages.js'
import { composer } from './composer.svelte'
import { inbox } from './inbox.svelte'
import { toasts } from './toasts.svelte'

const AGAIN_WITHIN = 10_000
const warned = { lock: -Infinity, close: -Infinity }

/** Saves the draft; `false` when something stands against leaving that was not yet said. */
export async function mayLeave(how: 'lock' | 'close'): Promise<boolean> {
  const saved = (await composer.flush()) && !composer.holdsUnsaved
  const warning = how === 'lock' ? lockWarning(saved) : closeWarning(saved)
  if (warning === null || Date.now() - warned[how] < AGAIN_WITHIN) {
    warned[how] = -Infinity
    return true
  }
  warned[how] = Date.now()
  toasts.show(warning, { tone: 'problem' }, AGAIN_WITHIN)
  return false
}

function lockWarning(saved: boolean): string | null {
  const count = inbox.overview?.staleness.crisis_pending ?? 0
  if (!saved) return m.lock_anyway_draft()
  return count > 0 ? m.lock_anyway_crisis({ count }) : null
}

function closeWarning(saved: boolean): string | null {
  const count = inbox.overview?.staleness.pending ?? 0
  if (!saved) return m.close_anyway_draft()
  return count > 0 ? m.close_anyway_pending({ count }) : null
}

/** Starts anew, for tests. */
export function forgetWarnings(): void {
  warned.lock = warned.close = -Infinity
}
