// The keyboard of the inbox. Single letters act only outside text fields; `g` waits a second for its letter.
import type { AttemptOutcome, View } from '../../ipc/backend'

export interface InboxActions {
  step(by: number): void
  /** Moves and chooses everything on the way. */
  choose(by: -1 | 0 | 1): void
  undo(): void
  /** Takes back what was chosen; `false` when nothing was. */
  chooseNone(): boolean
  show(view: View): void
  focusList(): void
  openSelected(): void
  done(): void
  snooze(): void
  claim(): void
  handOver(): void
  sensitive(): void
  reply(): void
  find(): void
  toFlag(by: 1 | -1): void
  search(): void
  help(): void
  rules(): void
  hours(): void
  lock(): void
  hide(): void
  attempt(outcome: AttemptOutcome): void
}

export const GO: Record<string, View> = {
  a: 'needs-attention',
  w: 'waiting-for-me',
  h: 'after-hours',
  u: 'unflagged-unread',
  p: 'waiting-for-patient',
  z: 'snoozed',
  s: 'sent-and-scheduled',
  c: 'closed',
}

let goUntil = 0

function inField(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest('input:not([type=checkbox],[type=radio]), textarea, select, [contenteditable]') !== null
  )
}

/** Handles a key; `covered` is true while a dialog or the privacy screen is over the inbox. */
export function handleInboxKey(event: KeyboardEvent, actions: InboxActions, covered: boolean): void {
  if (event.defaultPrevented) return
  if (event.ctrlKey || event.metaKey) {
    const key = event.key.toLowerCase()
    if (key === 'l') actions.lock()
    else if (key === '.') actions.hide()
    else if (key === 'f' && !covered) actions.find()
    else return
    event.preventDefault()
    return
  }
  if (covered || event.altKey || event.isComposing) return
  if (inField(event.target)) {
    if (event.key === 'Escape') actions.focusList()
    return
  }
  const going = Date.now() < goUntil ? event.key.toLowerCase() : ''
  const go = GO[going]
  goUntil = 0
  if (go) actions.show(go)
  else if (going === 'r') actions.rules()
  else if (going === 'v') actions.hours()
  else if (!letter(event, actions)) return
  event.preventDefault()
}

function letter(event: KeyboardEvent, actions: InboxActions): boolean {
  switch (event.key) {
    case 'j':
      actions.step(1)
      return true
    case 'k':
      actions.step(-1)
      return true
    case 'J':
      actions.choose(1)
      return true
    case 'K':
      actions.choose(-1)
      return true
    case 'x':
      actions.choose(0)
      return true
    case 'z':
      actions.undo()
      return true
    case 'g':
      goUntil = Date.now() + 1000
      return true
    case 'e':
      actions.done()
      return true
    case 's':
      actions.snooze()
      return true
    case 'a':
      actions.claim()
      return true
    case 'h':
      actions.handOver()
      return true
    case 'f':
      actions.toFlag(1)
      return true
    case 'F':
      actions.toFlag(-1)
      return true
    case 'm':
      actions.sensitive()
      return true
    case 'r':
      actions.reply()
      return true
    case 'c':
      actions.attempt('no-answer')
      return true
    case 'C':
      actions.attempt('reached')
      return true
    case '/':
      actions.search()
      return true
    case '?':
      actions.help()
      return true
    case 'Escape':
      if (!actions.chooseNone()) actions.focusList()
      return true
    case 'Enter': {
      const target = event.target
      if (target instanceof HTMLElement && target.closest('button, a, summary, label, input')) return false
      actions.openSelected()
      return true
    }
    default:
      return false
  }
}
