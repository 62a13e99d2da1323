// axe on the main screens. jsdom has no layout: contrast is checked from the tokens (tokens.test.ts).
import axe from 'axe-core'
import { fireEvent } from '@testing-library/svelte'
import { expect, test } from 'vitest'
import type { SessionState, VaultKeyState } from '../src/lib/ipc/backend'
import type { FakeOptions } from '../src/lib/ipc/fake'
import { all, one, openInbox, openWindow, until } from './window'

async function problems(): Promise<string[]> {
  const found = await axe.run(document.body, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    resultTypes: ['violations'],
    rules: { 'color-contrast': { enabled: false } },
  })
  return found.violations.map((rule) => `${rule.id}: ${rule.nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`)
}

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
  vaults: [
    { dir: 'a', name: 'A', key },
    { dir: 'b', name: 'B', key: 'ready' },
  ],
})

test.each<[string, FakeOptions]>([
  ['unlock', { session: locked('ready') }],
  ['key missing', { session: locked('key_missing') }],
  ['first run', { session: { state: 'first_run' } }],
])('%s', async (_name, options) => {
  await openWindow(options)
  expect(await problems()).toEqual([])
})

test('inbox with a case', async () => {
  await openInbox()
  expect(await problems()).toEqual([])
})

test('inbox with responses open', async () => {
  await openInbox({ preferences: { language: 'de', theme: 'dark' } })
  await fireEvent.click(one('responses-open'))
  await until(() => expect(all('response-option').length).toBeGreaterThan(0))
  expect(await problems()).toEqual([])
})

test('search results', async () => {
  await openInbox()
  await fireEvent.input(one('search'), { target: { value: 'sleep' } })
  await until(() => one('search-hit'))
  expect(await problems()).toEqual([])
})

test('the list of keys', async () => {
  await openInbox()
  await fireEvent.keyDown(window, { key: '?' })
  await until(() => one('shortcuts'))
  expect(one('shortcuts').getAttribute('role')).toBe('dialog')
})
