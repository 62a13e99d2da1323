// What opens the vault, changed from Settings, and unlocking with a PIN.
import { fireEvent } from '@testing-library/svelte'
import { describe, expect, test } from 'vitest'
import { NEW_CODE } from '../src/lib/ipc/fake/keys'
import type { FakeBackend, FakeOptions } from '../src/lib/ipc/fake'
import { all, one, openInbox, openWindow, until } from './window'

const type = (testid: string, value: string) => fireEvent.input(one(testid), { target: { value } })
const disabled = (testid: string) => one<HTMLButtonElement>(testid).disabled
const called = (fake: FakeBackend, name: string) =>
  fake.calls.filter(([call]) => call === name).map(([, ...rest]) => rest)

async function openKeys(options: FakeOptions = {}): Promise<FakeBackend> {
  const fake = await openInbox(options)
  await fireEvent.click(one('settings'))
  await until(() => one('keys-open'))
  await fireEvent.click(one('keys-open'))
  await until(() => one('keys-present'))
  return fake
}

describe('changing what opens the vault', () => {
  test('a passphrase needs the present one, length and repetition', async () => {
    const fake = await openKeys()
    await type('keys-new', 'a new sentence')
    await type('keys-repeat', 'a new sentence')
    expect(disabled('keys-change')).toBe(true)
    await type('keys-present', 'wrong')
    await fireEvent.click(one('keys-change'))
    await until(() => expect(one('error', one('keys-dialog')).dataset.code).toBe('wrong_passphrase'))
    await type('keys-present', 'the present one')
    await fireEvent.click(one('keys-change'))
    await until(() => expect(all('toast').some((toast) => toast.textContent?.includes('is changed'))).toBe(true))
    expect(called(fake, 'changePassphrase').at(-1)).toEqual(['the present one', 'a new sentence'])
    expect(one<HTMLInputElement>('keys-present').value).toBe('')
  })

  test('a new code holds only when it was typed from paper', async () => {
    const fake = await openKeys()
    await type('keys-present', 'the present one')
    await fireEvent.click(one('keys-new-code'))
    await until(() => expect(one('keys-code').textContent).toBe(NEW_CODE))
    expect(disabled('keys-code-confirm')).toBe(true)
    await type('keys-code-repeat', NEW_CODE.slice(0, -1) + 'Y')
    expect(disabled('keys-code-confirm')).toBe(true)
    await type('keys-code-repeat', NEW_CODE.toLowerCase().replaceAll('-', ' '))
    await fireEvent.click(one('keys-code-confirm'))
    await until(() => expect(all('keys-code')).toEqual([]))
    expect(called(fake, 'confirmRecoveryCode')).toHaveLength(1)
    expect(all('keys-code-unconfirmed')).toEqual([])
  })

  test('a code that nobody confirmed is said', async () => {
    await openKeys({ keys: { code_confirmed: false } })
    await until(() => expect(one('keys-code-unconfirmed').textContent).toContain('never typed from paper'))
  })

  test('a PIN only where the clinic allows it', async () => {
    await openKeys()
    await until(() => expect(one('keys-no-pin').textContent).toContain('does not allow'))
  })

  test('a PIN of digits is set and taken away', async () => {
    const fake = await openKeys({ keys: { pin_allowed: true } })
    await until(() => one('keys-pin'))
    await type('keys-present', 'the present one')
    await type('keys-pin', '12345a')
    expect(disabled('keys-pin-set')).toBe(true)
    await type('keys-pin', '271828')
    await fireEvent.click(one('keys-pin-set'))
    await until(() => one('keys-pin-remove'))
    await type('keys-present', 'the present one')
    await fireEvent.click(one('keys-pin-remove'))
    await until(() => expect(all('keys-pin-remove')).toEqual([]))
    expect(called(fake, 'setPin')).toEqual([
      ['the present one', '271828'],
      ['the present one', null],
    ])
  })
})

describe('unlocking with a PIN', () => {
  const session = {
    state: 'locked',
    left: [],
    vaults: [{ dir: 'a', name: 'Dr. A. Adler', key: 'ready', pin: true }],
  } as FakeOptions['session']

  test('the right one opens the inbox', async () => {
    await openWindow({ session: session! })
    await type('unlock-pin', '271828')
    await fireEvent.click(one('pin-submit'))
    await until(() => one('inbox'))
  })

  test('five wrong ones leave the passphrase', async () => {
    await openWindow({ session: session! })
    for (let left = 4; left >= 0; left -= 1) {
      await type('unlock-pin', '111111')
      await fireEvent.click(one('pin-submit'))
      await until(() => expect(one<HTMLInputElement>('unlock-pin').value).toBe(''))
    }
    await until(() => expect(one('pin-problem').textContent).toContain('Too many wrong PINs'))
    expect(one<HTMLInputElement>('unlock-pin').disabled).toBe(true)
    await fireEvent.click(one('pin-passphrase'))
    expect(one('unlock-passphrase')).toBeTruthy()
  })
})
