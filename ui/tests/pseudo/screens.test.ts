// Every screen in the pseudo-language (pseudo/messages.ts): letters outside its brackets are either data of the sample
// clinic, dates, names of keys and of the app, or a text that nobody translated.
import { fireEvent } from '@testing-library/svelte'
import { expect, test } from 'vitest'
import { sampleThreads } from '../../src/lib/ipc/fake/clinic'
import { SAMPLE_RESPONSES } from '../../src/lib/ipc/fake/responses'
import { expand } from '../../src/lib/format/slots'
import type { SessionState, VaultKeyState } from '../../src/lib/ipc/backend'
import { rules } from '../../src/lib/state/rules.svelte'
import { all, one, openInbox, openWindow, until } from '../window'

/** Names that are the same in every language. */
const SAME =
  /Anteroom|English|Deutsch|Ctrl|Shift|Enter|Esc|Tab|GMT\S*|Berlin|Europe|https?:\S*|[A-Z][a-z]+\/[\w-]+|\b[a-z]{2}(\.[a-z-]+)+\b/g

function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (value && typeof value === 'object') return Object.values(value).flatMap(strings)
  return []
}

const previews = SAMPLE_RESPONSES.map((response) => expand(response.text, response.slots).text)
const days = new Intl.DateTimeFormat('en-GB', { weekday: 'long' })
const calendar = Array.from({ length: 7 }, (_, day) => days.format(new Date(Date.UTC(2026, 0, 4 + day))))

/** Longest first, so that no part of a sentence is taken out before the sentence. */
function known(extra: unknown): string[] {
  const data = [...strings(sampleThreads()), ...strings(SAMPLE_RESPONSES), ...previews, ...strings(extra), ...calendar]
  const pieces = data.flatMap((text) => [text, text.toLocaleUpperCase(), ...text.split('\n'), text.slice(0, 120)])
  return [...new Set(pieces.map((text) => text.trim()).filter((text) => text.length > 1))].toSorted(
    (a, b) => b.length - a.length,
  )
}

const escape = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

function leftOver(text: string, data: string[]): string {
  let rest = text
  for (let before = ''; before !== rest;) [before, rest] = [rest, rest.replace(/⟦[^⟦⟧]*⟧/g, ' ')]
  for (const piece of data) if (piece.length > 4) rest = rest.replaceAll(piece, ' ')
  rest = rest
    .replace(/\b\d{1,2}-(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)-\d{4}\b/g, ' ')
    .replace(/\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b/g, ' ')
    .replace(/\d+ (d|h|min)\b/g, ' ')
  for (const piece of data)
    if (piece.length <= 4) rest = rest.replace(new RegExp(`(?<!\\p{L})${escape(piece)}(?!\\p{L})`, 'gu'), ' ')
  rest = rest.replace(SAME, ' ')
  return /\p{L}{2}/u.test(rest) ? rest.trim().replace(/\s+/g, ' ') : ''
}

/** What is shown and said on the screen and was not translated. */
function untranslated(extra: unknown = []): string[] {
  const data = known(extra)
  const found: string[] = []
  for (const element of document.body.querySelectorAll('*')) {
    if (element.closest('kbd, script, style')) continue
    for (const node of element.childNodes)
      if (node.nodeType === Node.TEXT_NODE) found.push(leftOver(node.textContent ?? '', data))
    for (const name of ['aria-label', 'title', 'placeholder', 'alt'])
      found.push(leftOver(element.getAttribute(name) ?? '', data))
  }
  return [...new Set(found.filter((text) => text !== ''))]
}

test('a text that nobody translated is found', async () => {
  await openInbox()
  const stray = document.createElement('p')
  stray.textContent = 'Forgotten words'
  document.body.append(stray)
  const found = untranslated()
  stray.remove()
  expect(found).toEqual(['Forgotten words'])
})

test('the inbox with a case', async () => {
  const fake = await openInbox()
  expect(document.body.textContent).toContain('⟦')
  expect(untranslated(fake.threads)).toEqual([])
})

test.each([['settings'], ['responses-open'], ['close-case']])('%s', async (opener) => {
  const fake = await openInbox()
  await fireEvent.click(one(opener))
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(untranslated(fake.threads)).toEqual([])
})

test.each([['policy-open'], ['keys-open'], ['upkeep-open'], ['cover-open']])('%s', async (opener) => {
  const fake = await openInbox()
  await fireEvent.click(one('settings'))
  await fireEvent.click(await until(() => one(opener)))
  await until(() => expect(document.querySelector('[role="dialog"].dialog')).not.toBe(null))
  await new Promise((resolve) => setTimeout(resolve, 100))
  const shown = [...strings(await fake.loadPolicy()), ...strings(await fake.loadUpkeep())]
  const audit = await fake.listAudit({ from: null, to: null, action: '', before: null })
  const colleagues = await fake.listColleagues('')
  expect(untranslated([fake.threads, shown, audit, colleagues])).toEqual([])
})

test('rules and words', async () => {
  const fake = await openInbox()
  rules.open = true
  await until(() => expect(all('rule').length).toBeGreaterThan(0))
  expect(untranslated([fake.threads, await fake.listRules('', null)])).toEqual([])
})

test.each([['?'], ['s'], ['h']])('the dialog of the key %s', async (key) => {
  const fake = await openInbox()
  await fireEvent.keyDown(window, { key })
  await until(() => expect(document.querySelector('[role="dialog"]')).not.toBe(null))
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(untranslated([fake.threads, await fake.listColleagues('')])).toEqual([])
})

test('search, and several threads chosen', async () => {
  const fake = await openInbox()
  await fireEvent.keyDown(window, { key: 'x' })
  await until(() => one('bulk'))
  expect(untranslated(fake.threads)).toEqual([])
  await fireEvent.input(one('search'), { target: { value: 'zzzz' } })
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(untranslated([fake.threads, 'zzzz'])).toEqual([])
})

const locked = (key: VaultKeyState): SessionState => ({
  state: 'locked',
  left: [
    {
      dir: 'a',
      reason: 'idle',
      at: '2026-11-23T06:41:00.000Z',
      undelivered: 2,
      undelivered_crisis: 1,
      draft_unsure: true,
    },
  ],
  vaults: [{ dir: 'a', name: 'A vault', key }],
})

test.each<[VaultKeyState]>([
  ['ready'],
  ['key_missing'],
  ['keyring_locked'],
  ['keyring_silent'],
  ['no_keyring'],
  ['header_damaged'],
])('the lock screen: %s', async (key) => {
  await openWindow({ session: locked(key) })
  expect(untranslated(['A vault'])).toEqual([])
})

test('first run', async () => {
  await openWindow({ session: { state: 'first_run' } })
  expect(untranslated()).toEqual([])
  await fireEvent.click(one('first-run-begin'))
  await new Promise((resolve) => setTimeout(resolve, 50))
  const regions = new Intl.DisplayNames(['en'], { type: 'region' })
  const countries = [...document.querySelectorAll('option')].map((option) => regions.of(option.value || 'ZZ') ?? '')
  expect(untranslated(countries)).toEqual([])
})
