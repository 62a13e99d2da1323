// Locking, closing and signing in again: nothing is lost or left behind without a word.
import { fireEvent } from '@testing-library/svelte'
import { expect, test } from 'vitest'
import { all, one, openInbox, until } from './window'

const lock = () => fireEvent.keyDown(window, { key: 'l', ctrlKey: true })
const answers = (calls: [string, ...unknown[]][]) =>
  calls.filter(([name]) => name === 'answerClose').map(([, may]) => may)
const write = (value: string) => fireEvent.input(one('composer-text'), { target: { value } })

test('locking with an undelivered crisis reply warns once, and locks when it is meant', async () => {
  const fake = await openInbox({ staleness: { crisis_pending: 1 } })
  await lock()
  await until(() => expect(one('toast').textContent).toContain('1 crisis reply is not delivered'))
  expect(fake.calls.some(([name]) => name === 'lockVault')).toBe(false)
  await lock()
  await until(() => expect(fake.calls.some(([name]) => name === 'lockVault')).toBe(true))
})

test('locking with a draft that cannot be saved warns first', async () => {
  const fake = await openInbox()
  fake.failing.saveDraft = { code: 'disk_full', retryable: true, params: [] }
  await write('Not yet done')
  await lock()
  await until(() => expect(one('toast').textContent).toContain('draft could not be saved'))
  expect(fake.calls.some(([name]) => name === 'lockVault')).toBe(false)
})

test('closing saves the draft before it answers', async () => {
  const fake = await openInbox({ staleness: { pending: 0 } })
  await write('Not yet done')
  fake.emit({ kind: 'close_requested' })
  await until(() => expect(answers(fake.calls)).toEqual([true]))
  const names = fake.calls.map(([name]) => name)
  expect(names.indexOf('saveDraft')).toBeGreaterThan(-1)
  expect(names.indexOf('saveDraft')).toBeLessThan(names.indexOf('answerClose'))
})

test('closing with undelivered replies says that they leave only while the app is open', async () => {
  const fake = await openInbox({ staleness: { pending: 2 } })
  fake.emit({ kind: 'close_requested' })
  await until(() => expect(one('toast').textContent).toContain('2 replies leave only while Anteroom is open'))
  expect(answers(fake.calls)).toEqual([false])
  fake.emit({ kind: 'close_requested' })
  await until(() => expect(answers(fake.calls)).toEqual([false, true]))
})

test.each(['sign_in_needed', 'not_connected', 'unauthorized'])('%s offers to sign in from the bar', async (code) => {
  const fake = await openInbox({ staleness: { problem: { code, retryable: false, params: [] } } })
  await fireEvent.click(one('sign-in-open'))
  await until(() => expect(one<HTMLInputElement>('sign-in-portal').value).toBe('https://portal.example/fhir'))
  await fireEvent.click(one('sign-in-submit'))
  await until(() => expect(all('sign-in')).toEqual([]))
  expect(fake.calls.find(([name]) => name === 'signIn')?.[1]).toEqual({
    portal_url: 'https://portal.example/fhir',
    practitioner: 'Practitioner/17',
    redirect_port: null,
  })
})

test('a portal that expects a fixed way back is given its port', async () => {
  const problem = { code: 'sign_in_needed', retryable: false, params: [] }
  const fake = await openInbox({ staleness: { problem } })
  await fireEvent.click(one('sign-in-open'))
  await until(() => expect(one<HTMLInputElement>('sign-in-portal').value).toBe('https://portal.example/fhir'))
  await fireEvent.input(one('sign-in-port'), { target: { value: '8765' } })
  await fireEvent.click(one('sign-in-submit'))
  await until(() => expect(all('sign-in')).toEqual([]))
  expect(fake.calls.find(([name]) => name === 'signIn')?.[1]).toMatchObject({ redirect_port: 8765 })
})

test('other problems offer to try again, not to sign in', async () => {
  await openInbox({ staleness: { problem: { code: 'portal_error', retryable: true, params: [] } } })
  expect(all('sign-in-open')).toEqual([])
  one('staleness-retry')
})
