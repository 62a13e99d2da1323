// The privacy screen: nothing but the clock, and not ended by chance.
import { fireEvent } from '@testing-library/svelte'
import { expect, test } from 'vitest'
import { preferences } from '../src/lib/state/preferences.svelte'
import { all, one, openInbox, until } from './window'

const chord = () => fireEvent.keyDown(window, { key: '.', ctrlKey: true })
const blank = () => document.documentElement.classList.contains('nothing-shown')

test('its key hides everything, and only its key, Escape or its button bring it back', async () => {
  await openInbox()
  await chord()
  await until(() => one('privacy-screen'))
  expect(blank()).toBe(true)
  await fireEvent.click(one('privacy-screen'))
  await fireEvent.pointerMove(window)
  await fireEvent.keyDown(window, { key: 'j' })
  await fireEvent.focus(window)
  expect(all('privacy-screen')).toHaveLength(1)
  await chord()
  await until(() => expect(all('privacy-screen')).toHaveLength(0))
  expect(blank()).toBe(false)
  await chord()
  await until(() => one('privacy-back'))
  await fireEvent.click(one('privacy-back'))
  await until(() => expect(all('privacy-screen')).toHaveLength(0))
  await chord()
  await until(() => one('privacy-screen'))
  await fireEvent.keyDown(window, { key: 'Escape' })
  await until(() => expect(all('privacy-screen')).toHaveLength(0))
})

test('a window that loses the focus hides what it shows only where that was chosen', async () => {
  await openInbox()
  await fireEvent.blur(window)
  expect(all('privacy-screen')).toHaveLength(0)
  preferences.hideUnfocused = true
  await fireEvent.blur(window)
  await until(() => one('privacy-screen'))
  await fireEvent.focus(window)
  await until(() => expect(all('privacy-screen')).toHaveLength(0))
})

test('what was hidden by its key stays hidden when the focus comes back', async () => {
  await openInbox()
  preferences.hideUnfocused = true
  await chord()
  await fireEvent.blur(window)
  await fireEvent.focus(window)
  await until(() => one('privacy-screen'))
})

test('a lock that nobody asked for saves the draft before it answers, with the place', async () => {
  const fake = await openInbox()
  await fireEvent.input(one('composer-text'), { target: { value: 'Half a senten' } })
  fake.emit({ kind: 'lock_requested' })
  await until(() => expect(fake.calls.some(([name]) => name === 'answerLock')).toBe(true))
  const names = fake.calls.map(([name]) => name)
  expect(names.indexOf('saveDraft')).toBeGreaterThan(-1)
  expect(names.indexOf('saveDraft')).toBeLessThan(names.indexOf('answerLock'))
  const answer = fake.calls.find(([name]) => name === 'answerLock')
  expect(answer?.[1]).toMatchObject({ view: 'needs-attention', suggested: null })
  expect(answer?.[2]).toBe(true)
})

test('keys and the pointer are told to the shell, not each of them', async () => {
  const fake = await openInbox()
  for (let n = 0; n < 20; n += 1) await fireEvent.keyDown(window, { key: 'Shift' })
  expect(fake.calls.filter(([name]) => name === 'noteActivity')).toHaveLength(1)
})
