// Where the clinician is, to come back to after a lock: a view, a thread, how far it is scrolled. What is searched for is left
// out, since it may be a name.
import type { Place } from '../ipc/backend'
import { inbox } from './inbox.svelte'
import { openThread } from './thread.svelte'

/** How far list and thread are scrolled; the panes keep it up to date. */
export const scrolled = { list: 0, thread: 0 }

export function currentPlace(): Place {
  return {
    view: inbox.view,
    suggested: inbox.fn,
    thread: openThread.id,
    list_scroll: Math.max(0, Math.round(scrolled.list)),
    thread_scroll: Math.max(0, Math.round(scrolled.thread)),
    writing:
      document.activeElement instanceof HTMLTextAreaElement &&
      document.activeElement.dataset.testid === 'composer-text',
  }
}
