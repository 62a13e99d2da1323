// What goes wrong in the window's own code. Nothing of an error's text is shown or kept, since it may hold a patient's
// words: a code made of where it happened is enough for support to tell two failures apart.
import { m } from '../paraglide/messages.js'
import { toasts } from './toasts.svelte'

/** `list-3f2a`: the place in the window, and a figure of the kind of error and of the functions in which it happened. */
export function failureCode(place: string, error: unknown): string {
  const name = error instanceof Error ? error.name : typeof error
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  // The message stands in a stack's first line in some engines: only the names of functions count.
  const functions = [...stack.matchAll(/^\s*(?:at )?([\w$.<>]+)[ @(]/gm)].map(([, found]) => found).slice(0, 4)
  let hash = 0x811c9dc5
  for (const letter of `${name} ${functions.join(' ')}`) {
    hash ^= letter.codePointAt(0) ?? 0
    hash = Math.imul(hash, 0x01000193) >>> 0
  }
  return `${place}-${(hash & 0xffff).toString(16).padStart(4, '0')}`
}

/** Errors outside of drawing (a handler, a forgotten promise) are said instead of being lost; answers the way to stop. */
export function tellFailures(): () => void {
  const say = (error: unknown) =>
    toasts.show(m.failed_here({ code: failureCode('window', error) }), { tone: 'problem' }, 20_000)
  const onError = (event: ErrorEvent) => {
    // Browsers tell of a size that is observed again in the next frame as an error; it is none.
    if (!/ResizeObserver/.test(event.message)) say(event.error)
  }
  const onRejection = (event: PromiseRejectionEvent) => say(event.reason)
  window.addEventListener('error', onError)
  window.addEventListener('unhandledrejection', onRejection)
  return () => {
    window.removeEventListener('error', onError)
    window.removeEventListener('unhandledrejection', onRejection)
  }
}
