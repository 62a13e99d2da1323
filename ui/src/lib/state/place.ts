// Where the clinician is, to come back to after a lock: a view, a thread, how far it is scrolled. What is searched for is left
// out, since it may be a name.
import type { Place } from '../ipc/backend'
import { inbox } from './inbox.svelte'
import { openThread } from './thread.svelte'

/** What scrolls; the panes put themselves here. */
export const panes: { list: HTMLElement | undefined; thread: HTMLElement | undefined } = {
  list: undefined,
  thread: undefined,
}

const scrolled = (pane: HTMLElement | undefined) => Math.max(0, Math.round(pane?.scrollTop ?? 0))

export function currentPlace(): Place {
  return {
    view: inbox.view,
    suggested: inbox.fn,
    thread: openThread.id,
    list_scroll: scrolled(panes.list),
    thread_scroll: scrolled(panes.thread),
    writing:
      document.activeElement instanceof HTMLTextAreaElement &&
      document.activeElement.dataset.testid === 'composer-text',
  }
}
