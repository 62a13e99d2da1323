// The availability screen: the grid by keyboard, the table, other dates, absences, what is wrong in words, undo, saving.
import { fireEvent } from '@testing-library/svelte'
import axe from 'axe-core'
import { describe, expect, test } from 'vitest'
import { blocksOn, closeEarly, weekOn } from '../src/lib/hours/document'
import type { FakeBackend, FakeOptions } from '../src/lib/ipc/fake'
import { SAMPLE_HOURS } from '../src/lib/ipc/fake/availability'
import { hours } from '../src/lib/state/hours.svelte'
import { session } from '../src/lib/state/session.svelte'
import { all, one, openInbox, until } from './window'

async function openHours(options: FakeOptions = {}): Promise<FakeBackend> {
  const fake = await openInbox(options)
  await fireEvent.keyDown(window, { key: 'g' })
  await fireEvent.keyDown(window, { key: 'v' })
  await until(() => one('hours-block'))
  return fake
}

async function toTab(name: string): Promise<void> {
  await fireEvent.click(one(`tab-${name}`))
  await until(() => expect(one(`tab-${name}`).dataset.state).toBe('active'))
}

function blockAt(day: string, start: string): HTMLElement {
  const found = all('hours-block').find((block) => block.dataset.day === day && block.dataset.start === start)
  if (!found) throw new Error(`no block ${day} ${start}`)
  return found
}

async function press(target: HTMLElement, key: string, more: object = {}): Promise<void> {
  target.focus()
  await fireEvent.keyDown(target, { key, ...more })
}

async function change(testid: string, value: string): Promise<void> {
  await fireEvent.change(one(testid), { target: { value } })
}

async function save(): Promise<void> {
  await until(() => expect(one<HTMLButtonElement>('hours-save').disabled).toBe(false))
  await fireEvent.click(one('hours-save'))
  await until(() => one('hours-saved'))
}

const calls = (fake: FakeBackend, name: string) => fake.calls.filter(([called]) => called === name)

async function problems(): Promise<string[]> {
  const found = await axe.run(document.body, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    resultTypes: ['violations'],
    rules: { 'color-contrast': { enabled: false } },
  })
  return found.violations.map((rule) => `${rule.id}: ${rule.nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`)
}

describe('the screen', () => {
  test('opens from the sidebar, closes with Escape, and the focus goes back', async () => {
    await openInbox()
    one('hours-open').focus()
    await fireEvent.click(one('hours-open'))
    await until(() => one('hours-block'))
    await fireEvent.keyDown(one('hours-screen'), { key: 'Escape' })
    await until(() => expect(all('hours-screen')).toEqual([]))
    await until(() => expect(document.activeElement).toBe(one('hours-open')))
  })

  test.each(['week', 'table', 'dates', 'absences'])('%s: nothing for axe to say', async (tab) => {
    await openHours({ preferences: { language: 'de', theme: 'dark' } })
    if (tab === 'absences') {
      await toTab('absences')
      await fireEvent.click(one('hours-absence-add'))
      await change('hours-absence-to', '2026-01-01')
      await until(() => one('hours-problem'))
    }
    await toTab(tab)
    expect(await problems()).toEqual([])
  })

  test('a draft stays while the screen is closed and is gone with the vault', async () => {
    await openHours()
    await press(blockAt('mon', '08:00'), 'ArrowDown')
    await fireEvent.keyDown(one('hours-screen'), { key: 'Escape' })
    await until(() => expect(all('hours-screen')).toEqual([]))
    await fireEvent.click(one('hours-open'))
    await until(() => blockAt('mon', '08:15'))
    await session.lock()
    await until(() => expect(hours.view).toBeNull())
    expect(hours.draft.versions).toEqual([])
  })
})

describe('by keyboard', () => {
  test('arrows move and resize, and what happened is said', async () => {
    await openHours()
    await press(blockAt('mon', '08:00'), 'ArrowDown')
    expect(blockAt('mon', '08:15').dataset.end).toBe('12:45')
    expect(one('hours-said').textContent).toBe('Monday 08:15 to 12:45')
    await press(blockAt('mon', '08:15'), 'ArrowUp', { shiftKey: true })
    expect(blockAt('mon', '08:15').dataset.end).toBe('12:30')
    await press(blockAt('mon', '08:15'), 'ArrowUp', { altKey: true })
    expect(blockAt('mon', '08:00').dataset.end).toBe('12:30')
    await press(blockAt('fri', '20:00'), 'ArrowRight')
    expect(blockAt('sat', '20:00').dataset.end).toBe('06:00')
    // The same element in another column: the next key goes to it too.
    expect(document.activeElement).toBe(blockAt('sat', '20:00'))
  })

  test('a block is added, split and removed, the focus stays with it, and each is one step back', async () => {
    await openHours()
    const before = all('hours-block').length
    await fireEvent.click(one('hours-add-sun'))
    await until(() => expect(document.activeElement).toBe(blockAt('sun', '08:00')))
    await press(blockAt('sun', '08:00'), 's')
    await until(() => blockAt('sun', '10:15'))
    expect(blockAt('sun', '08:00').dataset.end).toBe('09:45')
    await press(blockAt('sun', '10:15'), 'Delete')
    expect(all('hours-block').length).toBe(before + 1)
    expect(one('hours-said').textContent).toBe('Removed: Sunday 10:15 to 12:00')
    for (const left of [before + 2, before + 1, before]) {
      await fireEvent.keyDown(one('hours-screen'), { key: 'z', ctrlKey: true })
      await until(() => expect(all('hours-block').length).toBe(left))
    }
    await fireEvent.click(one('hours-step-forward'))
    await until(() => blockAt('sun', '08:00'))
  })

  test('Enter opens the exact times; an overnight block says on which day it ends', async () => {
    await openHours()
    await press(blockAt('fri', '20:00'), 'Enter')
    await until(() => expect(document.activeElement).toBe(one('hours-block-start')))
    expect(one('hours-block-editor').textContent).toContain('ends on Saturday')
    await change('hours-block-end', '23:00')
    await until(() => expect(blockAt('fri', '20:00').dataset.end).toBe('23:00'))
  })
})

describe('what is wrong', () => {
  test('overlaps are said with both blocks and keep from saving', async () => {
    const fake = await openHours()
    await press(blockAt('mon', '13:30'), 'ArrowUp')
    await press(blockAt('mon', '13:15'), 'ArrowUp')
    for (let n = 0; n < 4; n += 1) await press(document.activeElement as HTMLElement, 'ArrowUp')
    await until(() =>
      expect(one('hours-problem').textContent?.trim()).toBe('Monday 12:00 to 15:30 overlaps Monday 08:00 to 12:30.'),
    )
    expect(one<HTMLButtonElement>('hours-save').disabled).toBe(true)
    expect(blockAt('mon', '12:00').getAttribute('aria-label')).toContain('overlaps')
    expect(calls(fake, 'saveHours')).toEqual([])
  })

  test('an end before the beginning is asked about, and saved once it is confirmed', async () => {
    const fake = await openHours()
    await press(blockAt('wed', '08:00'), 'Enter')
    await until(() => one('hours-block-end'))
    await change('hours-block-end', '07:00')
    await until(() =>
      expect(one('hours-question').textContent).toContain(
        'Wednesday 08:00 to 07:00 would end on Thursday, after 23 hours. Is that meant?',
      ),
    )
    expect(one<HTMLButtonElement>('hours-save').disabled).toBe(true)
    await fireEvent.click(one('hours-confirm'))
    await until(() => expect(all('hours-question')).toEqual([]))
    await save()
    expect(calls(fake, 'saveHours')).toHaveLength(1)
  })

  test('other hours that were saved meanwhile are said and nothing is lost', async () => {
    const fake = await openHours()
    await press(blockAt('mon', '08:00'), 'ArrowDown')
    fake.failing.saveHours = { code: 'hours_changed', retryable: false, params: [] }
    await until(() => expect(one<HTMLButtonElement>('hours-save').disabled).toBe(false))
    await fireEvent.click(one('hours-save'))
    await until(() => expect(one('error').dataset.code).toBe('hours_changed'))
    expect(blockAt('mon', '08:15')).toBeTruthy()
  })
})

describe('saving', () => {
  test('says how many messages are judged otherwise, and can be taken back', async () => {
    const fake = await openHours()
    await press(blockAt('mon', '08:00'), 'ArrowDown')
    await until(() => expect(one('hours-changed').textContent).toContain('6'))
    await save()
    expect(one('hours-saved').textContent).toContain('6')
    await fireEvent.click(one('hours-undo-save'))
    await until(() => expect(calls(fake, 'undoHours')).toHaveLength(1))
    await until(() => blockAt('mon', '08:00'))
  })

  test('a new week from a day on starts as a copy and leaves the week before', async () => {
    const fake = await openHours()
    await fireEvent.input(one('hours-week-date'), { target: { value: '2027-01-01' } })
    await fireEvent.click(one('hours-week-add'))
    await until(() => expect(one<HTMLInputElement>('hours-from').value).toBe('2027-01-01'))
    await press(blockAt('mon', '08:00'), 'ArrowDown')
    await save()
    const [, , saved] = calls(fake, 'saveHours')[0] as [string, number, typeof SAMPLE_HOURS]
    expect(saved.versions.map((week) => [week.from, week.weekly[0]!.start])).toEqual([
      ['2026-01-01', '08:00'],
      ['2027-01-01', '08:15'],
    ])
  })

  test('closing early today is one button and in force at once', async () => {
    const fake = await openHours()
    await toTab('dates')
    await fireEvent.click(one('hours-close-early'))
    await until(() => one('hours-saved'))
    expect(calls(fake, 'saveHours')).toHaveLength(1)
    expect(all('hours-date').map((row) => row.dataset.date)).toEqual(['2026-11-23', '2026-12-24'])
  })

  test('an absence without cover is said; a colleague from the list is named with her reference', async () => {
    const fake = await openHours()
    await toTab('absences')
    await fireEvent.click(one('hours-absence-add'))
    const row = all('hours-absence')[1]!
    expect(row.textContent).toContain('Nobody is named')
    await fireEvent.change(one('hours-cover', row), { target: { value: 'Dr. E. Castellano' } })
    await save()
    const [, , saved] = calls(fake, 'saveHours')[0] as [string, number, typeof SAMPLE_HOURS]
    expect(saved.absences[1]!.cover?.practitioner).toBe('Practitioner/dr-castellano')
  })
})

describe('the document', () => {
  test('closing early cuts the block that is open, drops the later ones and keeps the earlier', () => {
    expect(closeEarly(SAMPLE_HOURS, '2026-11-23', '14:07')).toEqual({
      date: '2026-11-23',
      closed: false,
      open: [
        { start: '08:00', end: '12:30' },
        { start: '13:30', end: '14:15' },
      ],
      reason: 'early-close',
    })
    expect(closeEarly(SAMPLE_HOURS, '2026-11-23', '07:00')?.closed).toBe(true)
    expect(closeEarly(SAMPLE_HOURS, '2026-11-23', '17:00')).toBeNull()
    expect(closeEarly(SAMPLE_HOURS, '2026-11-27', '21:00')?.open).toEqual([{ start: '20:00', end: '21:00' }])
  })

  test('the week of a day, and the blocks of a date', () => {
    const later = {
      ...SAMPLE_HOURS,
      versions: [...SAMPLE_HOURS.versions, { from: '2027-01-01', weekly: [], on_call: [] }],
    }
    expect([weekOn(later, '2026-12-31'), weekOn(later, '2027-01-01'), weekOn(later, '2020-01-01')]).toEqual([0, 1, 0])
    expect(blocksOn(later, '2026-12-23')).toEqual([{ start: '08:00', end: '13:00' }])
    expect(blocksOn(later, '2026-12-24')).toEqual([])
  })
})

describe('a calendar file', () => {
  async function choose(text: string): Promise<void> {
    const input = one<HTMLInputElement>('calendar-file')
    const file = { size: text.length, text: async () => text }
    Object.defineProperty(input, 'files', { value: [file], configurable: true })
    await fireEvent.change(input)
  }

  test('is shown first, with the draft it is added to, and taken as one step', async () => {
    const fake = await openHours()
    await toTab('dates')
    await choose('BEGIN:VCALENDAR\nDTSTART;VALUE=DATE:20261222\nEND:VCALENDAR')
    await until(() => expect(one('calendar-entries').textContent).toContain('22-Dec-2026'))
    const [, request] = calls(fake, 'previewCalendar')[0] as [string, { taken_as: string; hours: string }]
    expect([request.taken_as, JSON.parse(request.hours)]).toEqual(['holidays', SAMPLE_HOURS])
    expect(hours.changed).toBe(false)
    await fireEvent.click(one('calendar-take'))
    expect(JSON.parse(JSON.stringify(hours.draft))).toEqual(SAMPLE_HOURS)
  })

  test('that is broken is said with the line', async () => {
    await openHours()
    await toTab('absences')
    await choose('hello')
    await until(() => expect(one('calendar-problems').textContent).toContain('line 1:'))
    expect(all('calendar-take')).toEqual([])
  })
})

describe('on the portal', () => {
  test('publishing says whether it worked and when, and can be ended', async () => {
    const fake = await openHours()
    await until(() => expect(one('publication').dataset.state).toBe('off'))
    await fireEvent.click(one('publication-start'))
    await until(() => expect(one('publication').dataset.state).toBe('published'))
    expect(one('publication').textContent).toContain('On the portal since')
    await until(() => expect(one<HTMLButtonElement>('publication-stop').disabled).toBe(false))
    await fireEvent.click(one('publication-stop'))
    await until(() => expect(calls(fake, 'stopPublishing')).toHaveLength(1))
  })
})

describe('a reply outside the hours', () => {
  const night = { duty: { on_duty: false, until: '2026-11-24T07:00:00.000Z' } }

  test('says why it waits, and comes back into the composer to be changed', async () => {
    const fake = await openInbox(night)
    const quiet = fake.threads.find((thread) => !thread.case && thread.messages.at(-1)?.role === 'patient')!
    await fireEvent.click(document.querySelector(`[data-thread="${quiet.row.id}"]`) ?? one('view-waiting-for-me'))
    await until(() => one('composer-text'))
    await until(() => expect(one('leaves-reason').textContent).toContain('Closed now'))
    await fireEvent.click(one('leaves-opening'))
    await fireEvent.input(one('composer-text'), { target: { value: 'Good morning.' } })
    await until(() => expect(one<HTMLButtonElement>('send').disabled).toBe(false))
    await fireEvent.click(one('send'))
    await until(() => one('edit-reply'))
    await fireEvent.click(one('edit-reply'))
    await until(() => expect(one<HTMLTextAreaElement>('composer-text').value).toBe('Good morning.'))
    expect(all('edit-reply')).toEqual([])
  })
})
