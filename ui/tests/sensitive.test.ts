// Sensitive threads in the window: marked in words, hidden until asked for, never less noticed.
import { fireEvent, render } from '@testing-library/svelte'
import { describe, expect, test } from 'vitest'
import App from '../src/App.svelte'
import { openThread } from '../src/lib/state/thread.svelte'
import type { FakeBackend, FakeOptions } from '../src/lib/ipc/fake'
import { all, freshState, one, openInbox, until } from './window'

/** The inbox whose first thread (an emergency of Jonas Berger) is marked. */
async function openMarked(options: FakeOptions = {}): Promise<FakeBackend> {
  const fake = freshState(options)
  fake.threads.find((entry) => entry.row.family === 'Berger')!.row.sensitive = true
  render(App)
  await until(() => expect(all('thread-row')[0]!.dataset.masked).toBe('true'))
  return fake
}

const SECRETS = /BERGER|Jonas|tablets on the table|wake up|means at hand/i
/** Whether the page holds a secret, in a text or an attribute. */
const told = () => SECRETS.test(new XMLSerializer().serializeToString(document.documentElement))

describe('a sensitive thread', () => {
  test('is drawn without name, topic, first line and category, and asks before it is shown', async () => {
    await openMarked()
    await until(() => one('sensitive-gate'))
    expect(told()).toBe(false)
    expect(all('composer')).toEqual([])
    expect(one('sensitive-gate').textContent).toContain('Sensitive thread. Show this thread?')
    const row = all('thread-row')[0]!
    expect(row.textContent).toContain('Sensitive thread')
    expect(one('tier-mark', row).getAttribute('aria-label')).toBe('Emergency')
    expect(one('tier-chip', row).textContent).toBe('Emergency')
    expect(one('waiting-time', row).textContent).toBe('waits 5 h 40 min')
    expect(row.querySelector('time')?.textContent).not.toBe('')
    expect(one('sensitive-gate').textContent).toContain('Emergency')
    // The name of the row for a screen reader is its text.
    expect(row.closest('[role=option]')?.textContent).toMatch(/Emergency|Sensitive thread/)
  })

  test('is shown by Enter and hidden again by another thread', async () => {
    const fake = await openMarked()
    await until(() => one('sensitive-gate'))
    one('thread-list').focus()
    await fireEvent.keyDown(one('thread-list'), { key: 'Enter' })
    await until(() => expect(one('patient-name').textContent).toContain('BERGER, Jonas'))
    expect(one('banner-sensitive').textContent).toBe('Sensitive')
    await until(() => expect(one('row-sensitive').textContent).toBe('Sensitive'))
    expect(fake.calls.filter(([name]) => name === 'showSensitive')).toHaveLength(1)
    await fireEvent.keyDown(window, { key: 'j' })
    await until(() => expect(one('patient-name').textContent).toContain('ÖZDEMIR'))
    await until(() => expect(told()).toBe(false))
  })

  test('a click shows it too, and the reading place has the focus', async () => {
    await openMarked()
    await until(() => one('sensitive-show'))
    one('sensitive-show').focus()
    await fireEvent.click(one('sensitive-show'))
    await until(() => one('message'))
    await until(() => expect(document.activeElement?.getAttribute('aria-label')).toBe('Messages'))
  })

  test('counts as read only after it was shown', async () => {
    const fake = await openMarked()
    await until(() => one('sensitive-gate'))
    const read = () => fake.calls.filter(([name, id]) => name === 'markThreadRead' && id === openThread.id)
    const before = read().length
    await new Promise((resolve) => setTimeout(resolve, 1700))
    expect(read()).toHaveLength(before)
    await fireEvent.click(one('sensitive-show'))
    await until(() => expect(read()).toHaveLength(before + 1))
  })

  test('nothing is done to what nobody has seen: the keys lead to the question', async () => {
    const fake = await openMarked()
    await until(() => one('sensitive-gate'))
    for (const key of ['e', 's', 'a', 'h', 'm', 'r', 'c']) {
      one('thread-list').focus()
      await fireEvent.keyDown(window, { key })
      if (key !== 'c') expect(document.activeElement).toBe(one('sensitive-show'))
    }
    const acts = ['setThreadClosed', 'snoozeThread', 'claimThread', 'setThreadSensitive', 'logAttempt']
    expect(fake.calls.filter(([name]) => acts.includes(name))).toEqual([])
  })

  test('a hit of the search says that there is one, not whose and not which words', async () => {
    await openMarked()
    await until(() => one('sensitive-gate'))
    await fireEvent.input(one('search'), { target: { value: 'tablets' } })
    const hit = () => all('search-hit').find((entry) => entry.dataset.masked === 'true')!
    await until(() => expect(hit().textContent).toContain('Sensitive thread'))
    expect(hit().textContent).not.toMatch(SECRETS)
    await fireEvent.click(hit())
    await until(() => one('sensitive-gate'))
  })

  test('stands where it stood: order and counts of Needs attention stay', async () => {
    const fake = await openInbox()
    const facts = () => all('thread-row').map((row) => [row.dataset.thread, row.dataset.tier])
    const counts = () => all('count-needs-attention').map((count) => count.textContent)
    const before = [facts(), counts()]
    for (const entry of fake.threads) entry.row.sensitive = true
    fake.emit({ kind: 'threads_changed', threads: fake.threads.map((entry) => entry.row.id) })
    await until(() => expect(all('thread-row').every((row) => row.dataset.masked === 'true')).toBe(true))
    expect([facts(), counts()]).toEqual(before)
  })
})

describe('marking', () => {
  test('M marks the open thread, which stays until another is opened, and it can be undone', async () => {
    const fake = await openInbox()
    await fireEvent.keyDown(window, { key: 'm' })
    await until(() => expect(one('toast').textContent).toContain('Marked as sensitive'))
    expect(one('patient-name').textContent).toContain('BERGER, Jonas')
    expect(one('sensitive-mark').getAttribute('aria-pressed')).toBe('true')
    await fireEvent.click(one('toast-action'))
    await until(() => expect(one('sensitive-mark').getAttribute('aria-pressed')).toBe('false'))
    expect(fake.calls.filter(([name]) => name === 'setThreadSensitive').map((call) => call[2])).toEqual([true, false])
  })

  test('the list of keys names it', async () => {
    await openInbox()
    await fireEvent.keyDown(window, { key: '?' })
    await until(() => expect(one('shortcuts').textContent).toContain('Mark as sensitive'))
  })

  test('in German too', async () => {
    await openMarked({ preferences: { language: 'de', theme: 'system' } })
    await until(() => expect(one('sensitive-gate').textContent).toContain('Diesen Verlauf zeigen?'))
    expect(all('thread-row')[0]!.textContent).toContain('Vertraulicher Verlauf')
  })
})
