// The window never blanks: what cannot be drawn says so in its place, and everything else goes on.
import { fireEvent } from '@testing-library/svelte'
import { expect, test, vi } from 'vitest'
import { failureCode } from '../src/lib/state/failures'
import { openThread } from '../src/lib/state/thread.svelte'
import type { MessageView } from '../src/lib/ipc/backend'
import { all, one, openInbox, until } from './window'

test('a message that cannot be drawn leaves the others, the list and the composer standing', async () => {
  const fake = await openInbox()
  const detail = fake.threads.find((entry) => entry.row.id === openThread.id)!
  const good = detail.messages.at(-1)!
  detail.messages[detail.messages.length - 1] = { ...good, flags: null as unknown as MessageView['flags'] }
  await openThread.refresh()
  const broken = await until(() => one('broken'))
  expect(broken.dataset.place).toBe('message')
  expect(broken.textContent).toContain('messages and drafts are safe')
  expect(broken.textContent).toMatch(/message-[0-9a-f]{4}/)
  expect(all('message').length).toBe(detail.messages.length - 1)
  expect(all('thread-row').length).toBeGreaterThan(3)
  one('composer-text')
  detail.messages[detail.messages.length - 1] = good
  await openThread.refresh()
  await fireEvent.click(one('retry'))
  await until(() => expect(all('broken')).toEqual([]))
  expect(all('message').length).toBe(detail.messages.length)
})

test('the code tells two places apart and holds nothing of the error text', () => {
  const secret = new TypeError('Jonas Berger wrote that')
  const code = failureCode('thread', secret)
  expect(code).toMatch(/^thread-[0-9a-f]{4}$/)
  const elsewhere = new TypeError('Leyla Özdemir wrote this')
  elsewhere.stack = secret.stack!.replaceAll('Jonas Berger wrote that', elsewhere.message)
  expect(failureCode('thread', elsewhere)).toBe(code)
  expect(failureCode('thread', new RangeError('Jonas Berger wrote that'))).not.toBe(code)
})

test('a promise that nobody waited for is said', async () => {
  await openInbox()
  const event = new Event('unhandledrejection') as Event & { reason: unknown }
  event.reason = new Error('about Jonas Berger')
  window.dispatchEvent(event)
  await until(() => expect(one('toast').textContent).toContain('Code for support: window-'))
  expect(one('toast').textContent).not.toContain('Jonas')
})

test('a failed act shows itself where it happened', async () => {
  const fake = await openInbox()
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  fake.failing.setThreadClosed = { code: 'busy', retryable: true, params: [] }
  await fireEvent.click(all('thread-row')[5]!)
  await until(() => expect(openThread.detail?.row.id).toBe(all('thread-row')[5]!.dataset.thread))
  await fireEvent.keyDown(window, { key: 'e' })
  await until(() => expect(one('error', one('thread')).dataset.code).toBe('busy'))
  vi.restoreAllMocks()
})
