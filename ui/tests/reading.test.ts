// Reading a thread: words found in it, the way from flag to flag, quoted text folded, times with their zone.
import { fireEvent } from '@testing-library/svelte'
import { describe, expect, test } from 'vitest'
import { findAll } from '../src/lib/format/find'
import { foldQuotes } from '../src/lib/format/quotes'
import { fullWhen } from '../src/lib/format/time'
import type { Segment } from '../src/lib/ipc/backend'
import { openThread } from '../src/lib/state/thread.svelte'
import { all, one, openInbox, until } from './window'

const found = (text: string, query: string) => findAll(text, query).map(([start, end]) => text.slice(start, end))

describe('words', () => {
  test('case and accents do not matter', () => {
    expect(found('Kovač schläft, KOVAC schlaft', 'kovac')).toEqual(['Kovač', 'KOVAC'])
  })
  test('an umlaut in every spelling', () => {
    for (const query of ['müde', 'mude', 'muede']) expect(found('Ich bin müde.', query)).toEqual(['müde'])
    expect(found('Straße', 'strasse')).toEqual(['Straße'])
  })
  test('places stay right behind letters that fold to two', () => {
    expect(found('weiß nicht, ob Übelkeit', 'übel')).toEqual(['Übel'])
    expect(found('👋 hello hello', 'hello')).toEqual(['hello', 'hello'])
  })
  test('nothing finds nothing', () => {
    expect(findAll('anything', '  ')).toEqual([])
  })
})

const segment = (text: string, flags: number[] = []): Segment => ({ text, flags, revealed: false, link: null })
const texts = (segments: Segment[]) =>
  foldQuotes(segments).map((block) => [block.quoted, block.segments.map((part) => part.text).join('')])

describe('quotes', () => {
  test('two quoted lines fold together with who wrote them', () => {
    expect(
      texts([segment('Thank you.\nOn Monday Dr. Adler wrote:\n> How are you?\n> Write to me.\nBetter now.')]),
    ).toEqual([
      [false, 'Thank you.\n'],
      [true, 'On Monday Dr. Adler wrote:\n> How are you?\n> Write to me.\n'],
      [false, 'Better now.'],
    ])
  })
  test('what a rule marked is never folded', () => {
    const blocks = foldQuotes([segment('> I want to '), segment('die', [0]), segment('\n> tonight')])
    expect(blocks.some((block) => block.quoted)).toBe(false)
    expect(
      blocks
        .flatMap((block) => block.segments)
        .map((part) => part.text)
        .join(''),
    ).toBe('> I want to die\n> tonight')
  })
  test('a single quoted line and a text without quotes stay as they are', () => {
    expect(texts([segment('> yes\nI agree')]).some(([quoted]) => quoted)).toBe(false)
    expect(texts([segment('5 > 3')])).toEqual([[false, '5 > 3']])
  })
})

test('a time with its zone', () => {
  const context = { locale: 'en' as const, zone: 'Europe/Berlin', now: 0 }
  expect(fullWhen('2026-11-23T01:14:00Z', context)).toBe('Monday 23-Nov-2026, 02:14 (Berlin, GMT+1)')
  expect(fullWhen('2026-07-01T00:14:00Z', { ...context, locale: 'de' })).toBe(
    'Mittwoch, 01.07.2026, 02:14 (Berlin, GMT+2)',
  )
})

test('Ctrl+F finds over the edge of a flag and Esc goes back to the text', async () => {
  await openInbox()
  await fireEvent.keyDown(window, { key: 'f', ctrlKey: true })
  const field = await until(() => one<HTMLInputElement>('find'))
  expect(document.activeElement).toBe(field)
  await fireEvent.input(field, { target: { value: 'again. I’ve put'.replace('’', "'") } })
  await until(() => expect(one('find-count').textContent).toBe('1 of 1'))
  await fireEvent.input(field, { target: { value: 'zebra' } })
  await until(() => expect(one('find-count').textContent).toBe('not found'))
  await fireEvent.keyDown(field, { key: 'Escape' })
  await until(() => expect(all('find')).toEqual([]))
})

test('an update of the thread does not end the search', async () => {
  const fake = await openInbox()
  await fireEvent.keyDown(window, { key: 'f', ctrlKey: true })
  await fireEvent.input(await until(() => one('find')), { target: { value: 'sleep' } })
  const before = fake.calls.length
  fake.emit({ kind: 'threads_changed', threads: [openThread.id!] })
  await until(() => expect(fake.calls.slice(before).some(([name]) => name === 'loadThread')).toBe(true))
  expect(one<HTMLInputElement>('find').value).toBe('sleep')
})

test('f goes from flag to flag, past what was lowered, and round again', async () => {
  await openInbox()
  const counting = all('flag-mark').filter((mark) => mark.dataset.demoted !== 'true')
  expect(counting.length).toBeGreaterThan(1)
  for (const mark of [...counting, counting[0]!]) {
    await fireEvent.keyDown(document.activeElement ?? window, { key: 'f' })
    expect(document.activeElement).toBe(mark)
  }
  await fireEvent.keyDown(document.activeElement!, { key: 'F' })
  expect(document.activeElement).toBe(counting.at(-1))
})

test('a message is drawn letter by letter as it was cut', async () => {
  await openInbox()
  for (const message of openThread.detail!.messages)
    expect(one('message-text', document.querySelector(`[data-message="${message.id}"]`)!).textContent).toBe(
      message.segments.map((part) => part.text).join(''),
    )
})

test('quoted text is folded until somebody looks or searches', async () => {
  const fake = await openInbox()
  const detail = fake.threads.find((entry) => entry.row.id === openThread.id)!
  detail.messages.at(-1)!.segments = [segment('See below.\n> first line\n> second line\nThat is all.')]
  detail.messages.at(-1)!.flags = []
  await openThread.refresh()
  const fold = await until(() => one('quote-fold'))
  expect(fold.textContent).toBe('Show 2 quoted lines')
  const text = fold.closest('[data-testid="message-text"]')!
  expect(text.textContent).not.toContain('second line')
  await fireEvent.click(fold)
  await until(() => expect(text.textContent).toContain('second line'))
  await fireEvent.click(fold)
  await until(() => expect(text.textContent).not.toContain('second line'))
  await fireEvent.keyDown(window, { key: 'f', ctrlKey: true })
  await fireEvent.input(await until(() => one('find')), { target: { value: 'second line' } })
  await until(() => expect(one('find-count').textContent).toBe('1 of 1'))
})
