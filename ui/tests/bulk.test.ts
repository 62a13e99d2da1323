// Several threads at once: chosen by keys and pointer, done, snoozed, taken, and taken back.
import { fireEvent } from '@testing-library/svelte'
import { expect, test } from 'vitest'
import { bulk } from '../src/lib/state/bulk.svelte'
import { inbox } from '../src/lib/state/inbox.svelte'
import { openThread } from '../src/lib/state/thread.svelte'
import { all, one, openInbox, until } from './window'

const press = (key: string, init: KeyboardEventInit = {}) =>
  fireEvent.keyDown(document.activeElement ?? window, { key, ...init })
const called = (fake: { calls: [string, ...unknown[]][] }, name: string) =>
  fake.calls.filter(([command]) => command === name)

test('x and Shift+J choose; the bar says how many; Esc takes it back', async () => {
  await openInbox()
  expect(all('bulk')).toEqual([])
  await press('x')
  await press('J')
  await press('J')
  await until(() => expect(one('bulk-count').textContent).toBe('3 chosen'))
  expect(all('thread-row').filter((row) => row.closest('[aria-checked="true"]')).length).toBe(3)
  await press('Escape')
  await until(() => expect(all('bulk')).toEqual([]))
  expect(document.querySelectorAll('[aria-checked]').length).toBe(0)
})

test('Ctrl+click chooses without opening, Shift+click as far as there', async () => {
  await openInbox()
  const opened = openThread.id
  await fireEvent.click(all('thread-row')[2]!, { ctrlKey: true })
  await fireEvent.click(all('thread-row')[5]!, { shiftKey: true })
  await until(() => expect(bulk.keys.size).toBe(4))
  expect(openThread.id).toBe(opened)
})

test('done closes all but the one with an open case, and undo opens them again', async () => {
  const fake = await openInbox()
  for (const key of ['x', 'J', 'J', 'J']) await press(key)
  const rows = bulk.rows
  const closable = rows.filter((row) => row.case === null || row.case === 'closed').map((row) => row.id)
  expect(closable.length).toBeGreaterThan(0)
  expect(closable.length).toBeLessThan(rows.length)
  await press('e')
  await until(() => expect(called(fake, 'setThreadClosed').map(([, id]) => id)).toEqual(closable))
  const said = () => all('toast').map((toast) => toast.textContent ?? '')
  await until(() => expect(said().some((text) => /threads? closed/.test(text))).toBe(true))
  expect(said().some((text) => /left as (it is|they are)/.test(text))).toBe(true)
  expect(bulk.active).toBe(false)
  await press('z')
  await until(() =>
    expect(called(fake, 'setThreadClosed').slice(closable.length)).toEqual(
      closable.map((id) => ['setThreadClosed', id, false]),
    ),
  )
  await until(() => expect(closable.every((key) => inbox.row(key)?.status === 'open')).toBe(true))
})

test('snooze asks once for all of them', async () => {
  const fake = await openInbox()
  bulk.toggle(all('thread-row')[4]!.dataset.thread!)
  bulk.toggle(all('thread-row')[5]!.dataset.thread!)
  await press('s')
  await until(() => expect(document.querySelector('[role="dialog"]')).not.toBe(null))
  await fireEvent.keyDown(document.querySelector('[role="dialog"]')!, { key: '2' })
  await until(() => expect(called(fake, 'snoozeThread').length).toBe(2))
  await until(() => expect(one('toast').textContent).toContain('2 threads snoozed until'))
})

test('taking leaves what a colleague has', async () => {
  const fake = await openInbox()
  const held = fake.threads.find((entry) => entry.sharing.claim && !entry.sharing.claim.mine)!
  const free = fake.threads.find((entry) => entry.sharing.possible && !entry.sharing.claim && inbox.row(entry.row.id))!
  bulk.toggle(held.row.id)
  bulk.toggle(free.row.id)
  expect(bulk.keys.size).toBe(2)
  await press('a')
  await until(() => expect(called(fake, 'claimThread').map(([, id]) => id)).toEqual([free.row.id]))
  await until(() => expect(all('toast').length).toBe(2))
})

test('what fails is said with its number, and what worked stays undoable', async () => {
  const fake = await openInbox()
  fake.failing.snoozeThread = { code: 'busy', retryable: true, params: [] }
  bulk.toggle(all('thread-row')[4]!.dataset.thread!)
  await bulk.snooze('2026-11-24T07:00:00Z')
  await until(() => expect(one('toast').textContent).toContain('1 thread could not be changed: The vault is busy.'))
  expect(all('toast-action')).toEqual([])
})

test('done on the last thread of a list goes to the one before', async () => {
  await openInbox()
  await fireEvent.click(one('view-snoozed'))
  await until(() => expect(inbox.view).toBe('snoozed'))
  await fireEvent.click(one('view-waiting-for-patient'))
  await until(() => expect(inbox.loaded && inbox.selectable.length).toBeGreaterThan(1))
  const keys = inbox.selectable.map((item) => item.key)
  await fireEvent.click(all('thread-row').at(-1)!)
  await until(() => expect(openThread.detail?.row.id).toBe(keys.at(-1)))
  await press('e')
  await until(() => expect(openThread.id).toBe(keys.at(-2)))
})

test('the keys of the window rest while a dialog stands over it', async () => {
  const fake = await openInbox()
  await fireEvent.input(one('composer-text'), { target: { value: 'Good morning' } })
  await fireEvent.click(await until(() => one('preview-open')))
  await until(() => expect(one('preview-text').textContent).toBe('Good morning'))
  await fireEvent.keyDown(window, { key: 'e' })
  await fireEvent.keyDown(window, { key: 'a' })
  expect(called(fake, 'setThreadClosed').concat(called(fake, 'claimThread'))).toEqual([])
})

test('the composer counts characters and says what became of the draft; Enter does not send', async () => {
  const fake = await openInbox()
  await fireEvent.input(one('composer-text'), { target: { value: 'Ja 👋' } })
  await until(() => expect(one('composer-count').textContent).toBe('4 characters'))
  await until(() => expect(one('draft-state').textContent).toBe('Draft saved'))
  await fireEvent.keyDown(one('composer-text'), { key: 'Enter' })
  expect(called(fake, 'enqueueReply')).toEqual([])
  expect(one('composer-text').getAttribute('lang')).toBe(openThread.detail!.patient!.languages[0])
})
