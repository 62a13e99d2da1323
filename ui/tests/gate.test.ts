// Before the inbox: unlock, the states of the key, recovery, first run.
import { fireEvent } from '@testing-library/svelte'
import { describe, expect, test } from 'vitest'
import type { SessionState, VaultKeyState } from '../src/lib/ipc/backend'
import { SAMPLE_NOW } from '../src/lib/ipc/fake'
import { all, one, openWindow, until } from './window'

const locked = (key: VaultKeyState = 'ready', undelivered = 0): SessionState => ({
  state: 'locked',
  left: [{ dir: 'a', reason: 'asked', at: SAMPLE_NOW, undelivered, undelivered_crisis: 0, draft_unsure: false }],
  vaults: [{ dir: 'a', name: 'Dr. A. Adler', key }],
})
const type = (testid: string, value: string) => fireEvent.input(one(testid), { target: { value } })

describe('unlock', () => {
  test('a wrong passphrase says how many tries are left, not which part was wrong, and empties the field', async () => {
    await openWindow({ session: locked() })
    await type('unlock-passphrase', 'wrong')
    await fireEvent.click(one('unlock-submit'))
    await until(() =>
      expect(one('unlock-problem').textContent?.trim()).toBe('Not opened. 4 tries left before a delay.'),
    )
    expect(one<HTMLInputElement>('unlock-passphrase').value).toBe('')
  })

  test('after the last try there is a delay in words, and no further try', async () => {
    await openWindow({ session: locked() })
    for (let tries = 0; tries < 5; tries += 1) {
      await type('unlock-passphrase', 'wrong')
      await fireEvent.click(one('unlock-submit'))
      await until(() => expect(one<HTMLInputElement>('unlock-passphrase').value).toBe(''))
    }
    await until(() => expect(one('unlock-problem').textContent).toContain('in 30 seconds'))
    expect(one<HTMLInputElement>('unlock-passphrase').disabled).toBe(true)
  })

  test('the right passphrase opens the inbox', async () => {
    await openWindow({ session: locked() })
    await type('unlock-passphrase', 'a sentence of mine')
    await fireEvent.click(one('unlock-submit'))
    await until(() => one('inbox'))
  })

  test('undelivered replies are counted, without names', async () => {
    await openWindow({ session: locked('ready', 2) })
    expect(one('unlock-undelivered').textContent).toContain('2 replies are not yet delivered')
  })

  test.each<[VaultKeyState, string]>([
    ['key_missing', 'The key is missing'],
    ['keyring_locked', 'The keyring is locked'],
    ['keyring_silent', 'The keyring does not answer'],
    ['no_keyring', 'No keyring'],
    ['header_damaged', 'header is damaged'],
  ])('%s has its own page: what happened, what is safe, what to do', async (key, title) => {
    await openWindow({ session: locked(key) })
    const page = one('key-state')
    expect(page.dataset.key).toBe(key)
    expect(page.textContent).toContain(title)
    expect(page.querySelectorAll('dd')).toHaveLength(3)
    expect(page.textContent).toContain('Nothing was created, deleted or overwritten')
    expect(all('unlock-passphrase')).toEqual([])
  })

  test('recovery asks for the code and a new passphrase twice', async () => {
    const fake = await openWindow({ session: locked('key_missing') })
    await fireEvent.click(all('key-state')[0]!.querySelectorAll('button')[1]!)
    await type('recover-code', 'K7QD-3MXA-9TRH-WE2C-5PNF')
    await type('recover-passphrase', 'a new sentence')
    expect(one<HTMLButtonElement>('recover-submit').disabled).toBe(true)
    await type('recover-repeat', 'a new sentence')
    await fireEvent.click(one('recover-submit'))
    await until(() => one('inbox'))
    expect(fake.calls).toContainEqual(['recoverVault', 'a', 'K7QD-3MXA-9TRH-WE2C-5PNF', 'a new sentence'])
  })
})

test('first run: the code is typed from paper before the portal is asked', async () => {
  const fake = await openWindow({ session: { state: 'first_run' } })
  await fireEvent.click(one('first-run-begin'))
  await type('first-run-name', 'Dr. A. Adler')
  await type('first-run-portal', 'https://portal.example/fhir')
  await type('first-run-practitioner', 'Practitioner/17')
  await type('first-run-passphrase', 'a sentence of mine')
  expect(one<HTMLButtonElement>('first-run-create').disabled).toBe(true)
  await type('first-run-repeat', 'a sentence of mine')
  await fireEvent.click(one('first-run-create'))
  await until(() => one('recovery-code'))
  const code = one('recovery-code').textContent ?? ''
  expect(one<HTMLButtonElement>('first-run-finish').disabled).toBe(true)
  await type('recovery-repeat', code.toLowerCase().replaceAll('-', ' '))
  expect(one<HTMLButtonElement>('first-run-finish').disabled).toBe(false)
  expect(fake.calls.find(([name]) => name === 'createVault')?.[1]).toMatchObject({
    name: 'Dr. A. Adler',
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    country: null,
  })
  expect(fake.calls.some(([name]) => name === 'signIn')).toBe(false)
  fake.failing.signIn = { code: 'portal_unreachable', retryable: true, params: [] }
  await fireEvent.click(one('first-run-finish'))
  await until(() => expect(one('error').dataset.code).toBe('portal_unreachable'))
  delete fake.failing.signIn
  await fireEvent.click(one('retry'))
  await until(() => expect(fake.calls.filter(([name]) => name === 'signIn')).toHaveLength(2))
  expect(fake.calls.find(([name]) => name === 'signIn')?.[1]).toEqual({
    portal_url: 'https://portal.example/fhir',
    practitioner: 'Practitioner/17',
  })
})
