// Nothing moves under the pointer when a list is read again: rows keep their place, their height and their element, the
// selection and the focus stay.
import { expect, test } from 'vitest'
import { inbox, ROW_HEIGHT } from '../src/lib/state/inbox.svelte'
import { all, one, openInbox, until } from './window'

test('an update that changes what rows say moves none of them', async () => {
  const fake = await openInbox()
  const tops = () =>
    Object.fromEntries(all('thread-row').map((row) => [row.dataset.thread, row.parentElement!.style.top]))
  const before = tops()
  const elements = all('thread-row')
  const list = one('thread-list')
  list.focus()
  const selected = inbox.selected
  const changed = fake.threads.find((entry) => entry.row.id === elements[5]!.dataset.thread)!
  changed.row.topic = 'A topic that is very much longer than the one that stood here before it'
  changed.row.attachments = 12
  changed.row.reply = 'draft'
  changed.row.claimed_by = 'Dr. M. Brandt'
  fake.emit({ kind: 'threads_changed', threads: [changed.row.id] })
  await until(() => expect(elements[5]!.textContent).toContain('A topic that is very much longer'))
  const after = tops()
  expect(Object.keys(before).filter((key) => key in after && after[key] !== before[key])).toEqual([])
  expect(all('thread-row')[0]).toBe(elements[0])
  expect(inbox.selected).toBe(selected)
  expect(document.activeElement).toBe(list)
})

test('every row has the height that the list counts with', async () => {
  await openInbox({ many: 40 })
  const rows = inbox.items.filter((item) => item.kind === 'row' || item.kind === 'unreadable')
  expect(new Set(rows.map((item) => item.height))).toEqual(new Set([ROW_HEIGHT]))
})
