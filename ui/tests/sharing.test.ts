// What clinicians share: who has a thread, handing over, covering.
import { fireEvent, render } from '@testing-library/svelte'
import { describe, expect, test } from 'vitest'
import ThreadListRow from '../src/lib/components/triage/ThreadListRow.svelte'
import { REFUSED } from '../src/lib/ipc/fake/sharing'
import { inbox } from '../src/lib/state/inbox.svelte'
import { openThread } from '../src/lib/state/thread.svelte'
import { all, freshState, one, openInbox, until } from './window'

/** Opens the inbox with the thread that a colleague has. */
async function colleaguesThread() {
  const fake = await openInbox()
  const held = fake.threads.find((thread) => thread.sharing.claim)!
  inbox.select(held.row.id)
  await openThread.open(held.row.id)
  await until(() => expect(one('thread-holder').textContent).toContain('has this thread since'))
  return { fake, id: held.row.id }
}

function called(fake: { calls: [string, ...unknown[]][] }, name: string) {
  return fake.calls.filter(([called]) => called === name).map(([, ...rest]) => rest)
}

describe('who has a thread', () => {
  test('the header says who has it and since when, the row says who', async () => {
    const { fake } = await colleaguesThread()
    expect(one('thread-holder').textContent).toContain('Dr. Brandt has this thread since')
    expect(one('thread-holder').textContent).toContain('09:12')
    const row = fake.threads.find((thread) => thread.sharing.claim)!.row
    const { container } = render(ThreadListRow, { row: { ...row, covered_for: 'Dr. M. Brandt' } })
    expect(one('row-claimed', container).textContent).toContain('claimed by Dr. Brandt')
    expect(one('row-claimed', container).textContent).toContain('you cover for Dr. M. Brandt')
  })

  test('the key A takes a thread and gives it back', async () => {
    const fake = await openInbox()
    const id = openThread.id
    expect(one('thread-holder').textContent).toContain('Nobody has taken this thread')
    await fireEvent.keyDown(document.body, { key: 'a' })
    await until(() => expect(one('thread-holder').textContent).toContain('You have this thread since'))
    expect(called(fake, 'claimThread')).toEqual([[id, false]])
    await fireEvent.keyDown(document.body, { key: 'a' })
    await until(() => expect(one('thread-holder').textContent).toContain('Nobody has taken this thread'))
    expect(called(fake, 'releaseThread')).toEqual([[id]])
  })

  test('taking over names it so, and work can be said to be done', async () => {
    const { fake, id } = await colleaguesThread()
    expect(one('claim').textContent).toBe('Take over')
    await fireEvent.click(one('claim'))
    await until(() => expect(one('thread-holder').textContent).toContain('You have this thread'))
    expect(called(fake, 'claimThread')).toEqual([[id, true]])
    await fireEvent.click(one('finish'))
    await until(() => expect(one('thread-holder').textContent).toContain('has finished this thread'))
  })

  test('whoever was slower is told, and what waits for the opening says when', async () => {
    const { fake, id } = await colleaguesThread()
    const held = fake.threads.find((thread) => thread.row.id === id)!
    held.sharing.work = { kind: 'claim', state: 'refused', error: 'claimed', leaves_at: null }
    await openThread.refresh()
    await until(() => expect(one('work').textContent).toContain('A colleague was faster'))
    held.sharing.work = { kind: 'claim', state: 'queued', error: null, leaves_at: '2026-11-23T07:00:00.000Z' }
    await openThread.refresh()
    await until(() => expect(one('work').textContent).toContain('at the next opening: 08:00'))
    held.sharing.work = { kind: 'claim', state: 'refused', error: 'something_new', leaves_at: null }
    await openThread.refresh()
    await until(() => expect(one('work').textContent).toBe('something new'))
  })

  test('a thread that the portal does not have offers nothing of it', async () => {
    const { fake, id } = await colleaguesThread()
    fake.threads.find((thread) => thread.row.id === id)!.sharing.possible = false
    await openThread.refresh()
    await until(() => expect(all('sharing')).toEqual([]))
    await fireEvent.keyDown(document.body, { key: 'a' })
    await fireEvent.keyDown(document.body, { key: 'h' })
    expect(called(fake, 'claimThread')).toEqual([])
    expect(all('handover-dialog')).toEqual([])
  })
})

describe('handing over', () => {
  test('the colleague is chosen by name, and what came of it is said and stays', async () => {
    const fake = await openInbox()
    await fireEvent.keyDown(document.body, { key: 'h' })
    await until(() => expect(all('colleague')).toHaveLength(3))
    await fireEvent.input(one('colleague-query'), { target: { value: 'cast' } })
    await until(() => expect(all('colleague').map((item) => item.textContent)).toEqual(['Dr. E. Castellano']))
    await fireEvent.click(one('colleague'))
    await until(() =>
      expect(one('handover-outcome').textContent?.trim()).toBe('Dr. E. Castellano can read this thread now.'),
    )
    expect(called(fake, 'handOver')).toEqual([[openThread.id, 'Practitioner/dr-castellano']])
    expect(one('handover').textContent?.trim()).toBe('Dr. E. Castellano can read this thread now.')
  })

  test('where the portal does not allow it, it says to hand over by phone', async () => {
    const fake = await openInbox()
    await fireEvent.click(one('hand-over'))
    await until(() => expect(all('colleague')).toHaveLength(3))
    const refused = (await fake.listColleagues('')).findIndex((one) => one.reference === REFUSED)
    await fireEvent.click(all('colleague')[refused]!)
    await until(() =>
      expect(one('handover-outcome').textContent?.trim()).toBe(
        'Dr. J. Lindqvist cannot read this thread: hand over by phone.',
      ),
    )
  })
})

describe('covering', () => {
  test('a cover is set for some days and ended', async () => {
    const fake = await openInbox()
    await fireEvent.click(one('settings'))
    await until(() => one('cover-open'))
    await fireEvent.click(one('cover-open'))
    await until(() => expect(one('cover-colleague').querySelectorAll('option')).toHaveLength(4))
    expect(one<HTMLButtonElement>('cover-save').disabled).toBe(true)
    await fireEvent.change(one('cover-colleague'), { target: { value: 'Practitioner/dr-brandt' } })
    await fireEvent.input(one('cover-first'), { target: { value: '2026-11-23' } })
    await fireEvent.input(one('cover-last'), { target: { value: '2026-11-27' } })
    await until(() => expect(one<HTMLButtonElement>('cover-save').disabled).toBe(false))
    await fireEvent.click(one('cover-save'))
    await until(() => expect(one('cover').textContent).toContain('Dr. M. Brandt'))
    expect(called(fake, 'setCover')).toEqual([['Practitioner/dr-brandt', '2026-11-23', '2026-11-27']])
    expect(one('cover').textContent).toContain('now')
    await fireEvent.click(one('cover').querySelector('button')!)
    await until(() => expect(all('cover')).toEqual([]))
  })

  test('a cover that the portal forbids says so', async () => {
    const fake = await openInbox()
    await fake.setCover('Practitioner/dr-brandt', '2026-11-23', '2026-11-27')
    const [cover] = await fake.listCovers()
    cover!.refused = 'forbidden'
    await fireEvent.click(one('settings'))
    await until(() => one('cover-open'))
    await fireEvent.click(one('cover-open'))
    await until(() =>
      expect(one('cover-refused').textContent).toBe('The portal does not show you the threads of Dr. M. Brandt.'),
    )
  })
})

test('German has the same words', async () => {
  await openInbox({ preferences: { ...(await freshState().loadPreferences()), language: 'de' } })
  expect(one('thread-holder').textContent).toContain('Von niemandem übernommen')
})
