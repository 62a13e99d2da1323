// Keys and the pointer in the window keep the vault open; the shell counts the time since the last of them.
import { backend } from '../ipc/backend'

const EVERY = 2_000
const KINDS = ['keydown', 'pointerdown', 'pointermove', 'wheel'] as const

/** Tells the shell of touches, at most every two seconds; the answer stops it. */
export function tellActivity(): () => void {
  let told = -Infinity
  const note = (event: Event) => {
    // A pointer that is reported without a movement is a layout that moved below it.
    if (event instanceof PointerEvent && event.type === 'pointermove' && !event.movementX && !event.movementY) return
    const now = performance.now()
    if (now - told < EVERY) return
    told = now
    backend()
      .noteActivity()
      .catch(() => undefined)
  }
  for (const kind of KINDS) window.addEventListener(kind, note, { capture: true, passive: true })
  return () => KINDS.forEach((kind) => window.removeEventListener(kind, note, { capture: true }))
}
