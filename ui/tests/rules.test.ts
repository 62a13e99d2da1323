// Rules and words: reading and switching rules, the clinic's own phrases, a text to try, judging again, what was missed.
import { fireEvent } from '@testing-library/svelte'
import axe from 'axe-core'
import { describe, expect, test } from 'vitest'
import type { FakeBackend, FakeOptions } from '../src/lib/ipc/fake'
import { idFrom, rules } from '../src/lib/state/rules.svelte'
import { all, freshState, one, openInbox, until } from './window'

async function openRules(options: FakeOptions = {}): Promise<FakeBackend> {
  const fake = await openInbox(options)
  await fireEvent.keyDown(window, { key: 'g' })
  await fireEvent.keyDown(window, { key: 'r' })
  await until(() => one('rule'))
  return fake
}

async function toTab(name: string): Promise<void> {
  await fireEvent.click(one(`tab-${name}`))
  await until(() => expect(one(`tab-${name}`).dataset.state).toBe('active'))
}

async function type(testid: string, value: string): Promise<void> {
  await fireEvent.input(one(testid), { target: { value } })
}

async function addWords(phrases: string, reason: string): Promise<void> {
  await toTab('words')
  await fireEvent.click(one('words-add'))
  await until(() => one('words-entry'))
  await type('words-phrases', phrases)
  await type('words-reason', reason)
}

async function save(): Promise<void> {
  await until(() => expect(one<HTMLButtonElement>('lexicon-save').disabled).toBe(false))
  await fireEvent.click(one('lexicon-save'))
}

async function problems(): Promise<string[]> {
  const found = await axe.run(document.body, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    resultTypes: ['violations'],
    rules: { 'color-contrast': { enabled: false } },
  })
  return found.violations.map((rule) => `${rule.id}: ${rule.nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`)
}

describe('the screen', () => {
  test('opens from the settings, closes with Escape, and the focus goes back', async () => {
    await openInbox()
    one('settings').focus()
    await fireEvent.click(one('settings'))
    await until(() => one('rules-open'))
    await fireEvent.click(one('rules-open'))
    await until(() => one('rule'))
    expect(one('rules-screen').getAttribute('role')).toBe('dialog')
    await fireEvent.keyDown(one('rules-screen'), { key: 'Escape' })
    await until(() => expect(all('rules-screen')).toEqual([]))
    await until(() => expect(document.activeElement).toBe(one('settings')))
  })

  test('opened by G R the focus goes back to where it was, and letters do nothing behind it', async () => {
    const fake = await openInbox()
    const row = document.activeElement
    await fireEvent.keyDown(window, { key: 'g' })
    await fireEvent.keyDown(window, { key: 'r' })
    await until(() => one('rule'))
    await fireEvent.keyDown(window, { key: 'c' })
    expect(fake.calls.some(([name]) => name === 'logAttempt')).toBe(false)
    await fireEvent.keyDown(one('rules-screen'), { key: 'Escape' })
    await until(() => expect(all('rules-screen')).toEqual([]))
    await until(() => expect(document.activeElement).toBe(row))
  })

  test.each(['rules', 'words', 'try', 'feedback'])('%s: nothing for axe to say', async (tab) => {
    await openRules({ preferences: { language: 'de', theme: 'dark' } })
    if (tab === 'words') await addWords('Dachgarten', 'dort')
    await toTab(tab)
    if (tab === 'try') {
      await type('try-text', 'abc')
      await fireEvent.click(one('try-submit'))
      await until(() => one('tried'))
    }
    if (tab === 'feedback') {
      await fireEvent.click(one('feedback-show'))
      await until(() => one('feedback-text'))
    }
    expect(await problems()).toEqual([])
  })
})

describe('rules', () => {
  test('stand with tier, reason, source, examples and counts, and are found by words', async () => {
    await openRules()
    const row = all('rule').find((found) => found.dataset.rule === 'en.means.at-hand')!
    expect(one('tier-mark', row).dataset.tier).toBe('emergency')
    expect(row.textContent).toContain('Means at hand, together with a wish to die')
    expect(row.textContent).toContain('I have no tablets left.')
    expect(one('rule-counts', row).textContent).toMatch(/^\d+ raised, 0 wrong$/)
    await type('rule-search', 'hand tablets-nowhere')
    await until(() => expect(all('rule')).toEqual([]))
    await type('rule-search', 'means hand')
    await until(() => expect(all('rule').map((found) => found.dataset.rule)).toContain('en.means.at-hand'))
    await fireEvent.change(one('rule-category'), { target: { value: 'mania' } })
    await until(() => expect(all('rule')).toEqual([]))
  })

  test('a switch is saved as a version and shows at once', async () => {
    const fake = await openRules()
    const row = () => all('rule').find((found) => found.dataset.rule === 'en.means.at-hand')!
    await fireEvent.click(one('rule-watch-only', row()))
    expect(one('tier-mark', row()).dataset.tier).toBe('watch')
    await save()
    await until(() => expect(one('lexicon-saved').textContent).toBe('Version 1 is in force.'))
    expect(fake.calls.find(([name]) => name === 'saveLexicon')).toEqual([
      'saveLexicon',
      0,
      { words: [], watch_only: ['en.means.at-hand'] },
    ])
    expect(one<HTMLButtonElement>('lexicon-save').disabled).toBe(true)
    expect(one('lexicon-version').textContent).toContain('Version 1')
  })

  test('what keeps the clinic’s words out of force is said', async () => {
    const fake = await openInbox()
    fake.loadLexicon = async () => ({
      version: 3,
      saved_at: '2026-11-20T08:00:00.000Z',
      lexicon: { words: [], watch_only: [] },
      problem: { code: 'lexicon_unreadable', retryable: false, params: [] },
      retriage: { state: 'waiting', done: 4, total: 9, problem: null },
    })
    rules.open = true
    await until(() => expect(one('error', one('rules-screen')).textContent).toContain('cannot be read'))
    await until(() => expect(one('retriage').textContent).toContain('4 of 9 messages judged'))
  })
})

describe('the clinic’s own words', () => {
  test('what is wrong stands at its field in words, and goes when it is mended', async () => {
    await openRules()
    await addWords('the', '')
    await save()
    await until(() => expect(one('lexicon-problems').textContent).toContain('2 entries need a change'))
    const said = () => all('words-problem').map((found) => [found.dataset.field, found.textContent])
    expect(said()).toEqual([
      ['phrases', '“the”: only everyday words: most messages would be flagged'],
      ['reason', 'Say why, in at most 200 characters.'],
    ])
    const field = one('words-reason')
    expect(field.getAttribute('aria-invalid')).toBe('true')
    expect(document.getElementById(field.getAttribute('aria-describedby')!)?.textContent).toContain('Say why')
    await type('words-reason', 'the bridge')
    await type('words-phrases', 'the bridge\n\n')
    await until(() => expect(all('words-problem')).toEqual([]))
    expect(one<HTMLInputElement>('words-id').value).toBe('the-bridge')
  })

  test('a phrase flags stored messages after they were judged again', async () => {
    const fake = await openRules()
    await addWords('Evenings are the hard part', 'a code word')
    await save()
    await until(() => one('lexicon-saved'))
    await until(() => expect(one('retriage').dataset.state).toBe('complete'))
    const flags = fake.threads.flatMap((detail) => detail.messages.flatMap((entry) => entry.flags))
    const own = flags.filter((flag) => flag.rule.startsWith('clinic.'))
    expect(own.map((flag) => [flag.rule, flag.text])).toEqual([
      ['clinic.evenings-are-the-hard-part', 'Evenings are the hard part'],
    ])
    expect(one('retriage').textContent).toContain('messages are judged by these rules')
  })

  test('judging again shows how far it is, stops and goes on', async () => {
    const fake = await openRules({ slowRetriage: true })
    await addWords('roof garden', 'there')
    await save()
    await until(() => expect(one('retriage').dataset.state).toBe('running'))
    expect(one('retriage').querySelector('progress')).not.toBeNull()
    await fireEvent.click(one('retriage-cancel'))
    await until(() => expect(one('retriage').dataset.state).toBe('paused'))
    await fireEvent.click(one('retriage-resume'))
    await until(() => expect(one('retriage').dataset.state).toBe('running'))
    expect(fake.calls.map(([name]) => name)).toEqual(expect.arrayContaining(['cancelRetriage', 'resumeRetriage']))
  })

  test('a draft outlives the screen and is given up only when asked', async () => {
    await openRules()
    await addWords('roof garden', 'there')
    await fireEvent.keyDown(one('rules-screen'), { key: 'Escape' })
    await until(() => expect(all('rules-screen')).toEqual([]))
    rules.open = true
    await until(() => one('rule'))
    await toTab('words')
    expect(one<HTMLTextAreaElement>('words-phrases').value).toBe('roof garden')
    await fireEvent.click(one('lexicon-discard'))
    await until(() => expect(all('words-entry')).toEqual([]))
  })

  test('somebody else’s version is said and nothing is overwritten', async () => {
    const fake = await openRules()
    await addWords('roof garden', 'there')
    fake.failing.saveLexicon = { code: 'lexicon_changed', retryable: false, params: [] }
    await save()
    await until(() => expect(one('error', one('rules-screen')).textContent).toContain('another version'))
    expect(one<HTMLTextAreaElement>('words-phrases').value).toBe('roof garden')
  })

  test.each([
    ['Über die Brücke!', 'ueber-die-bruecke'],
    ['  Élan  vital ', 'elan-vital'],
    ['***', ''],
  ])('%s is called %s', (phrase, id) => {
    expect(idFrom(phrase)).toBe(id)
  })
})

describe('behind the screen', () => {
  test('a refresh leaves an error where it is', async () => {
    const fake = freshState()
    await rules.load()
    fake.failing.saveLexicon = { code: 'lexicon_changed', retryable: false, params: [] }
    await rules.save()
    await rules.refreshRetriage()
    expect(rules.error?.code).toBe('lexicon_changed')
    await rules.resumeRetriage()
    expect(rules.error).toBeNull()
  })

  test('a search that is due does not put off a check, nor the other way round', async () => {
    const fake = freshState()
    await rules.load()
    rules.add()
    await rules.save()
    expect(rules.problems.length).toBeGreaterThan(0)
    fake.calls.length = 0
    const asked = (name: string) => fake.calls.filter(([call]) => call === name).length
    rules.edited()
    rules.searchSoon()
    rules.edited()
    await until(() => expect([asked('checkLexicon'), asked('listRules')]).toEqual([1, 1]))
  })

  test('what is answered after the vault was locked is not taken', async () => {
    const fake = freshState()
    const loading = rules.load()
    rules.clear()
    await loading
    expect([rules.view, rules.retriage, rules.rows]).toEqual([null, null, []])
    fake.failing.loadLexicon = { code: 'locked', retryable: false, params: [] }
    const failing = rules.load()
    rules.clear()
    await failing
    expect(rules.error).toBeNull()
  })
})

test('a text is tried with the draft and marked as in a message', async () => {
  const fake = await openRules()
  await addWords('roof garden', 'the garden')
  await toTab('try')
  await type('try-text', 'Tonight on the roof garden.')
  await fireEvent.click(one('try-submit'))
  await until(() => expect(one('flag-mark', one('tried')).textContent).toBe('roof garden'))
  expect(one('flag-explanation', one('tried')).textContent).toContain('the garden')
  expect(all('flag-wrong', one('tried'))).toEqual([])
  await type('try-text', 'Nothing.')
  await fireEvent.click(one('try-submit'))
  await until(() => expect(one('tried').textContent).toContain('That never means that all is well'))
  expect(fake.calls.some(([name]) => name === 'saveLexicon')).toBe(false)
})

test('feedback is shown before it is copied', async () => {
  await openRules()
  await toTab('feedback')
  await fireEvent.click(one('feedback-show'))
  await until(() => one('feedback-text'))
  expect(JSON.parse(one<HTMLTextAreaElement>('feedback-text').value)).toHaveProperty('rules')
  let copied = ''
  Object.defineProperty(navigator, 'clipboard', {
    configurable: true,
    value: { writeText: async (text: string) => void (copied = text) },
  })
  await fireEvent.click(one('feedback-copy'))
  await until(() => expect(one('rules-screen').textContent).toContain('Copied.'))
  expect(copied).toBe(one<HTMLTextAreaElement>('feedback-text').value)
})

describe('“a rule missed this”', () => {
  test('is told with a category and a wording, stands at the message, and can be taken back', async () => {
    const fake = await openInbox()
    const opener = one('missed-open')
    await fireEvent.click(opener)
    await until(() => expect(document.activeElement).toBe(one('missed-category')))
    expect(one<HTMLButtonElement>('missed-submit').disabled).toBe(true)
    expect(one('missed-form').textContent).toContain('Please write no names')
    await fireEvent.change(one('missed-category'), { target: { value: 'preparation' } })
    await type('missed-wording', 'gives things away')
    await fireEvent.submit(one('missed-form'))
    await until(() => expect(one('missed-report').textContent).toContain('preparation · gives things away'))
    expect(fake.calls.find(([name]) => name === 'reportMissed')?.slice(2)).toEqual(['preparation', 'gives things away'])
    await fireEvent.click(one('missed-withdraw'))
    await until(() => expect(all('missed-report')).toEqual([]))
  })

  test('Escape closes the form only', async () => {
    await openInbox()
    await fireEvent.click(one('missed-open'))
    await until(() => one('missed-form'))
    await fireEvent.keyDown(one('missed-category'), { key: 'Escape' })
    await until(() => expect(all('missed-form')).toEqual([]))
    expect(document.activeElement).toBe(all('missed-open')[0])
  })

  test('is not offered on the clinician’s own messages', async () => {
    await openInbox()
    const own = all('message').filter((found) => found.dataset.role === 'clinician')
    expect(own.length).toBeGreaterThan(0)
    for (const message of own) expect(all('missed-open', message)).toEqual([])
  })
})
