// Slots of a response inside an ordinary text field. The text holds a blank as `[label]`; a mark knows where it stands.
// A contenteditable with real inputs was rejected: undo, spelling and screen readers all work in a plain text area.
// What leaves the window has blanks as `{slot_name}` again, so that the check in Rust sees them.
import type { ResponseView } from '../ipc/backend'

export interface SlotMark {
  start: number
  end: number
  name: string
  label: string
  /** A person still has to write it. */
  blank: boolean
}

export interface MarkedText {
  text: string
  marks: SlotMark[]
}

const SLOT = /\{([a-z0-9_]+)\}/g

/** Cuts a text with `{slot_name}` into shown text and marks; `slots` gives labels and proposed values. */
export function expand(text: string, slots: ResponseView['slots']): MarkedText {
  let shown = ''
  let from = 0
  const marks: SlotMark[] = []
  for (const match of text.matchAll(SLOT)) {
    const name = match[1] ?? ''
    const slot = slots.find((entry) => entry.name === name)
    const label = slot?.label ?? name.replaceAll('_', ' ')
    const value = slot?.value ?? ''
    shown += text.slice(from, match.index)
    const start = shown.length
    shown += value === '' ? `[${label}]` : value
    marks.push({ start, end: shown.length, name, label, blank: value === '' })
    from = match.index + match[0].length
  }
  return { text: shown + text.slice(from), marks }
}

/** A response's text without the paragraphs whose optional slot is not known. */
export function withoutUnknown(text: string, slots: ResponseView['slots']): string {
  const unknown = slots.filter((slot) => !slot.required && slot.value === '').map((slot) => `{${slot.name}}`)
  return text
    .split('\n\n')
    .filter((paragraph) => !unknown.some((slot) => paragraph.includes(slot)))
    .join('\n\n')
}

/** The text as it goes to the backend: blanks as `{slot_name}`. */
export function serialise({ text, marks }: MarkedText): string {
  let out = ''
  let from = 0
  for (const mark of marks.filter((entry) => entry.blank)) {
    out += `${text.slice(from, mark.start)}{${mark.name}}`
    from = mark.end
  }
  return out + text.slice(from)
}

/** Puts `inserted` at `position`; marks move along. */
export function insertAt(target: MarkedText, position: number, inserted: MarkedText): MarkedText {
  const moved = (marks: SlotMark[], by: number) =>
    marks.map((mark) => ({ ...mark, start: mark.start + by, end: mark.end + by }))
  return {
    text: target.text.slice(0, position) + inserted.text + target.text.slice(position),
    marks: [
      ...target.marks.filter((mark) => mark.end <= position),
      ...moved(inserted.marks, position),
      ...moved(
        target.marks.filter((mark) => mark.start >= position),
        inserted.text.length,
      ),
    ],
  }
}

/**
 * Follows an edit of the text field: the marks after it. Writing into a blank fills it; cutting through a mark ends it.
 * `caret` is where the caret stands after the edit; it decides between equal readings ("I |" before a blank space).
 */
export function edit(before: MarkedText, text: string, caret?: number): MarkedText {
  const old = before.text
  const shorter = Math.min(old.length, text.length)
  const behind = text.length - (caret ?? 0)
  const caretTells = caret !== undefined && behind <= shorter && old.slice(old.length - behind) === text.slice(caret)
  const room = caretTells ? shorter - behind : shorter
  let prefix = 0
  while (prefix < room && old[prefix] === text[prefix]) prefix += 1
  let suffix = 0
  while (suffix < shorter - prefix && old[old.length - 1 - suffix] === text[text.length - 1 - suffix]) suffix += 1
  if (caretTells) suffix = Math.min(suffix, behind)
  const oldEnd = old.length - suffix
  const delta = text.length - old.length
  const marks = before.marks.flatMap((mark): SlotMark[] => {
    const atEdge = prefix === oldEnd && (prefix === mark.start || prefix === mark.end)
    if (oldEnd <= mark.start && (prefix < mark.start || mark.blank))
      return [{ ...mark, start: mark.start + delta, end: mark.end + delta }]
    if (prefix >= mark.end && (oldEnd > mark.end || prefix > mark.end || mark.blank)) return [mark]
    if (mark.start <= prefix && oldEnd <= mark.end) {
      if (atEdge && mark.blank) return [mark]
      const end = mark.end + delta
      return end > mark.start ? [{ ...mark, end, blank: false }] : []
    }
    return []
  })
  return { text, marks }
}

/** The text in pieces, for the layer that draws the marks behind the text field. */
export function pieces({ text, marks }: MarkedText): { text: string; mark: SlotMark | null }[] {
  const out: { text: string; mark: SlotMark | null }[] = []
  let from = 0
  for (const mark of marks) {
    if (mark.start > from) out.push({ text: text.slice(from, mark.start), mark: null })
    out.push({ text: text.slice(mark.start, mark.end), mark })
    from = mark.end
  }
  if (from < text.length) out.push({ text: text.slice(from), mark: null })
  return out
}
