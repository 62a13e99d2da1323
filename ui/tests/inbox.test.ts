// The inbox on the fake backend: what stands where, what the words are, what the keys do.
import { fireEvent } from '@testing-library/svelte'
import { describe, expect, test } from 'vitest'
import { inbox, layOut, Section } from '../src/lib/state/inbox.svelte'
import { preferences } from '../src/lib/state/preferences.svelte'
import { all, freshState, one, openInbox, openWindow, until } from './window'

const names = () => all('thread-row').map((row) => row.querySelector('b')?.textContent)

describe('the list', () => {
  test('what cannot wait stands first, then what waits for me, and nobody twice', async () => {
    await openInbox()
    expect(all('section-header').map((header) => header.dataset.view)).toEqual(['needs-attention', 'waiting-for-me'])
    expect(names().slice(0, 5)).toEqual([
      'BERGER, Jonas',
      'ÖZDEMIR, Leyla',
      'HALLORAN, Maeve',
      'KOVAČ, Ivana',
      'NOWAK, Piotr',
    ])
    expect(new Set(names()).size).toBe(names().length)
    expect(one('section-header', document.body).textContent).toContain('by tier')
    expect(all('section-header')[1]?.textContent).toContain('of these 4 above')
  })

  test('a row says tier, category, after hours, waiting time, and why it is not checked', async () => {
    await openInbox()
    const [first, , , fourth] = all('thread-row')
    expect(one('tier-mark', first).getAttribute('aria-label')).toBe('Emergency')
    expect(one('tier-chip', first).textContent).toBe('Emergency · means at hand')
    expect(one('after-hours', first).textContent).toContain('night')
    expect(one('waiting-time', first).textContent).toBe('waits 5 h 40 min')
    expect(one('row-not-checked', fourth).textContent).toBe('not checked: language not covered')
  })

  test('what cannot be read stands in the list, without text, and explains itself', async () => {
    await openInbox()
    await fireEvent.click(one('unreadable-row'))
    expect(document.body.textContent).toContain('belongs to no thread here')
  })

  test('counts beside the views match the views', async () => {
    await openInbox()
    for (const [view, count] of inbox.overview?.views ?? []) {
      const section = new Section(view, null)
      await section.load()
      expect([view, section.total]).toEqual([view, count])
    }
  })

  test('only what is on the screen is in the document', async () => {
    await openInbox({ many: 3000 })
    expect(inbox.sections[1]?.total).toBeGreaterThan(3000)
    expect(all('thread-row').length).toBeLessThan(40)
  })

  test('rows have one height and follow each other without gaps', async () => {
    freshState({ many: 300 })
    await inbox.show('needs-attention')
    let top = 0
    for (const item of layOut(inbox.sections)) {
      expect(item.top).toBe(top)
      top += item.height
    }
  })

  test('a failed list says so where it happened, and retry brings it', async () => {
    const fake = await openInbox()
    fake.failing.listThreads = { code: 'internal', retryable: true, params: [] }
    await inbox.show('closed')
    await until(() => expect(one('error').dataset.code).toBe('internal'))
    delete fake.failing.listThreads
    await fireEvent.click(one('retry'))
    await until(() => expect(names()).toEqual(['SOMMER, Edith']))
  })
})

describe('keys', () => {
  test('j and k move the selection and open the thread; g h goes to after hours', async () => {
    await openInbox()
    await fireEvent.keyDown(one('thread-list'), { key: 'j' })
    await until(() => expect(one('patient-name').textContent).toContain('ÖZDEMIR, Leyla'))
    await fireEvent.keyDown(one('thread-list'), { key: 'k' })
    await until(() => expect(one('patient-name').textContent).toContain('BERGER, Jonas'))
    await fireEvent.keyDown(window, { key: 'g' })
    await fireEvent.keyDown(window, { key: 'h' })
    await until(() => expect(all('section-header')[0]?.dataset.view).toBe('after-hours'))
  })

  test('letters typed into a field are text', async () => {
    await openInbox()
    one('composer-text').focus()
    await fireEvent.keyDown(one('composer-text'), { key: 'j' })
    expect(one('patient-name').textContent).toContain('BERGER, Jonas')
  })

  test('the privacy screen blanks everything but the clock', async () => {
    await openInbox()
    await fireEvent.keyDown(window, { key: '.', ctrlKey: true })
    expect(one('privacy-screen').textContent).toContain('07:54')
    expect(one('inbox').inert).toBe(true)
    await fireEvent.keyDown(window, { key: '.', ctrlKey: true })
    expect(all('privacy-screen')).toEqual([])
  })

  test('Ctrl+L saves the draft first, then locks, and nothing of a patient stays', async () => {
    const fake = await openInbox()
    const field = one<HTMLTextAreaElement>('composer-text')
    await fireEvent.input(field, { target: { value: 'half a sentence' } })
    await fireEvent.keyDown(window, { key: 'l', ctrlKey: true })
    await until(() => one('unlock-page'))
    const order = fake.calls.map(([name]) => name)
    expect(order.indexOf('saveDraft')).toBeGreaterThan(0)
    expect(order.indexOf('saveDraft')).toBeLessThan(order.indexOf('lockVault'))
    expect(document.body.textContent).not.toMatch(/BERGER|tablets|half a sentence/i)
  })

  test('done does not close a thread with an open case', async () => {
    const fake = await openInbox()
    await fireEvent.keyDown(window, { key: 'e' })
    await until(() => expect(one('toast').textContent).toContain('open case'))
    expect(fake.calls.some(([name]) => name === 'setThreadClosed')).toBe(false)
  })

  test('reading counts only after a moment', async () => {
    const fake = await openInbox()
    await fireEvent.keyDown(window, { key: 'j' })
    await fireEvent.keyDown(window, { key: 'j' })
    expect(fake.calls.some(([name]) => name === 'markThreadRead')).toBe(false)
    await until(() => expect(fake.calls.filter(([name]) => name === 'markThreadRead')).toHaveLength(1))
  })
})

describe('freshness', () => {
  const unreachable = { code: 'portal_unreachable', retryable: true, params: [] as [string, string][] }
  test.each([
    ['ok', {}, 'Up to date, 07:54'],
    ['offline', { problem: unreachable }, 'No connection · copy complete to 07:54'],
    ['problem', { problem: { ...unreachable, code: 'unauthorized' } }, 'Sync stopped · copy complete to 07:54'],
    [
      'filling',
      { first_fill: { done: 1240, total: 4100, seconds_left: null, stopped: false }, complete_until: null },
      'First sync: 1240 of about 4100 messages',
    ],
    [
      'old',
      { last_success: '2026-11-23T05:00:00Z', complete_until: '2026-11-23T05:00:00Z' },
      'Copy complete to 06:00 only',
    ],
    ['unknown', { complete_until: null, last_success: null }, 'Not yet synced'],
  ])('%s', async (state, staleness, words) => {
    await openWindow({ staleness })
    await until(() => expect(one('staleness').dataset.state).toBe(state))
    expect(one('staleness').textContent).toContain(words)
  })

  test.each([
    [null, null],
    [20, 'less than a minute left'],
    [190, 'about 4 min left'],
    [7200, 'about 2 h left'],
  ])('a first fill says how long it will take (%s s)', async (seconds_left, words) => {
    await openWindow({ staleness: { first_fill: { done: 1240, total: 4100, seconds_left, stopped: false } } })
    await until(() => expect(one('staleness').dataset.state).toBe('filling'))
    const said = document.querySelector('[data-testid="time-left"]')
    expect(said?.textContent ?? null).toBe(words)
  })

  test('a first fill is stopped and gone on with', async () => {
    const first_fill = { done: 1240, total: 4100, seconds_left: 190, stopped: false }
    const fake = await openWindow({ staleness: { first_fill } })
    await until(() => expect(one('first-fill-stop').textContent).toBe('Stop for now'))
    await fireEvent.click(one('first-fill-stop'))
    expect(fake.calls.some(([name]) => name === 'stopFirstFill')).toBe(true)
    Object.assign(first_fill, { stopped: true, seconds_left: null })
    await until(() => expect(one('staleness').dataset.state).toBe('stopped'))
    expect(one('staleness').textContent).toContain('First sync stopped: 1240 of about 4100 messages are here')
    await fireEvent.click(one('first-fill-go-on'))
    await until(() => expect(fake.calls.some(([name]) => name === 'syncNow')).toBe(true))
  })

  test('what waits and what is stuck is said', async () => {
    await openWindow({ staleness: { pending: 2, stuck: 1 } })
    await until(() => expect(one('pending').textContent).toContain('2 replies queued here'))
    expect(one('stuck').textContent).toContain('1 reply needs you')
  })
})

test('the language changes at once, without losing the place', async () => {
  await openInbox()
  expect(one('view-waiting-for-me').textContent).toContain('Waiting for me')
  await preferences.save({ language: 'de' })
  await until(() => expect(one('view-waiting-for-me').textContent).toContain('Wartet auf mich'))
  expect(document.documentElement.lang).toBe('de')
  expect(one('patient-banner').textContent).toContain('Geboren 03.05.1988 (38 J.)')
})

test('search shows marked hits and opens the first with Enter', async () => {
  await openInbox()
  await fireEvent.input(one('search'), { target: { value: 'sertraline' } })
  await until(() => expect(one('search-hit').querySelector('mark')?.textContent).toBe('sertraline'))
  await fireEvent.keyDown(one('search'), { key: 'Enter' })
  await until(() => expect(one('patient-name').textContent).toContain('NOWAK, Piotr'))
})

test('after the first list is painted the shell is told once', async () => {
  const fake = await openInbox()
  await until(() => expect(fake.calls.filter(([name]) => name === 'reportPainted')).toHaveLength(1))
})

test('signing out of the portal says what it did, and whether the portal heard of it', async () => {
  const fake = await openInbox()
  await fireEvent.click(one('settings'))
  await until(() => one('sign-out'))
  await fireEvent.click(one('sign-out'))
  await until(() => expect(one('toast').textContent).toContain('Signed out. Messages stay here'))
  expect(fake.calls.filter(([name]) => name === 'signOut')).toHaveLength(1)
  fake.signOut = async () => ({ revoked: false })
  await fireEvent.click(one('settings'))
  await until(() => one('sign-out'))
  await fireEvent.click(one('sign-out'))
  await until(() => expect(document.body.textContent).toContain('The portal could not be told'))
})
