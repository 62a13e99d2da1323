// The clinic's policy: what it set, and that a file which cannot be used is never taken for none.
import { fireEvent } from '@testing-library/svelte'
import { describe, expect, test } from 'vitest'
import type { PolicyView } from '../src/lib/ipc/backend'
import { policy } from '../src/lib/state/policy.svelte'
import { all, one, openInbox, openWindow, until } from './window'

const BROKEN: Partial<PolicyView> = {
  state: 'broken',
  problems: [
    { line: 5, key: 'lock.idle_seconds', expected: 'range', detail: '5 - 3600' },
    { line: null, key: '', expected: 'read_only', detail: '' },
  ],
  least_passphrase: 12,
  sharing: false,
}

async function openPolicy(): Promise<HTMLElement> {
  policy.open = true
  await until(() => expect(all('policy-setting').length).toBeGreaterThan(0))
  return one('policy-dialog')
}

function setting(key: string): HTMLElement {
  return all('policy-setting').find((row) => row.dataset.key === key)!
}

describe('a policy that holds', () => {
  test('each setting says whether the clinic set it', async () => {
    await openInbox({
      policy: {
        state: 'in_force',
        set: ['lock.idle_seconds', 'retention.days'],
        idle_seconds: 120,
        retention_days: 730,
      },
    })
    expect(all('policy-broken')).toEqual([])
    const dialog = await openPolicy()
    expect(dialog.textContent).toContain('/etc/anteroom/policy.toml')
    expect(setting('lock.idle_seconds').textContent).toContain('2 min')
    expect(setting('lock.idle_seconds').textContent).toContain('set by your clinic')
    expect(setting('retention.days').textContent).toContain('after 730 days')
    expect(setting('passphrase.pin').textContent).toContain('not allowed')
    expect(setting('passphrase.pin').dataset.set).toBe('false')
  })

  test('without a file the standard settings are shown as such', async () => {
    await openInbox()
    const dialog = await openPolicy()
    expect(dialog.textContent).toContain('has set nothing')
    expect(all('policy-setting').every((row) => row.dataset.set === 'false')).toBe(true)
  })

  test('the first run takes portal and least passphrase from it', async () => {
    await openWindow({
      session: { state: 'first_run' },
      policy: { state: 'in_force', portal_url: 'https://portal.example.org/fhir/', least_passphrase: 20 },
    })
    await until(() => expect(policy.view).not.toBeNull())
    await fireEvent.click(one('first-run-begin'))
    const portal = one<HTMLInputElement>('first-run-portal')
    await until(() => expect(portal.value).toBe('https://portal.example.org/fhir/'))
    expect(portal.disabled).toBe(true)
    await fireEvent.input(one('first-run-name'), { target: { value: 'Dr. A.' } })
    for (const field of ['first-run-passphrase', 'first-run-repeat'])
      await fireEvent.input(one(field), { target: { value: 'nineteen characters' } })
    expect(one<HTMLButtonElement>('first-run-create').disabled).toBe(true)
    for (const field of ['first-run-passphrase', 'first-run-repeat'])
      await fireEvent.input(one(field), { target: { value: 'nineteen characters!' } })
    expect(one<HTMLButtonElement>('first-run-create').disabled).toBe(false)
  })
})

describe('a policy that cannot be used', () => {
  test('is said in the inbox with file, line and what was expected', async () => {
    await openInbox({ policy: BROKEN })
    await until(() => expect(all('policy-problem')).toHaveLength(2))
    const [range, rights] = all('policy-problem')
    expect(range!.textContent).toContain('/etc/anteroom/policy.toml, line 5, lock.idle_seconds')
    expect(range!.textContent).toContain('5 - 3600')
    expect(rights!.textContent).toContain('must belong to the administrator')
    expect(one('policy-broken').textContent).toContain('careful settings hold')
  })

  test('is said before unlocking too, in German', async () => {
    await openWindow({
      session: { state: 'locked', left: [], vaults: [{ dir: 'a', name: 'Dr. A.', key: 'ready' }] },
      preferences: { language: 'de', theme: 'system' },
      policy: BROKEN,
    })
    await until(() => expect(one('policy-broken').textContent).toContain('nicht verwendbar'))
    expect(all('policy-problem')[0]!.textContent).toContain('Zeile 5')
    expect(one('unlock-passphrase')).toBeTruthy()
  })
})
