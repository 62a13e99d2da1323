// The audit chain, backups, checks, and what is said when the vault itself is not in order.
import { fireEvent } from '@testing-library/svelte'
import { describe, expect, test } from 'vitest'
import { upkeep } from '../src/lib/state/upkeep.svelte'
import { all, one, openInbox, openWindow, until } from './window'

async function openDialog(): Promise<void> {
  upkeep.open = true
  await until(() => expect(all('audit-row').length).toBeGreaterThan(0))
}

describe('the audit chain', () => {
  test('is shown newest first, by kind, and goes on with older rows', async () => {
    const fake = await openInbox()
    await openDialog()
    expect(all('audit-row')).toHaveLength(100)
    await fireEvent.click(one('audit-more'))
    await until(() => expect(all('audit-row')).toHaveLength(200))
    await fireEvent.change(one('audit-kind'), { target: { value: 'case' } })
    await until(() => expect(all('audit-row').every((row) => row.dataset.action === 'case.attempt')).toBe(true))
    await fireEvent.click(one('audit-csv'))
    await until(() => expect(one<HTMLTextAreaElement>('audit-text').value).toContain('n,at,action,subject,mac'))
    expect(fake.calls.some(([name]) => name === 'exportAudit')).toBe(true)
  })
})

describe('backups', () => {
  test('a folder that is no whole path is refused, and what failed is said', async () => {
    await openInbox({
      upkeep: {
        backup: {
          folder: '/copies',
          keep: 7,
          last_at: null,
          problem: { code: 'file_error', retryable: false, params: [] },
        },
      },
    })
    expect(one('upkeep-notice').dataset.code).toBe('scheduled_backup_failed')
    await openDialog()
    expect(one('backup-problem').dataset.code).toBe('file_error')
    await fireEvent.input(one('backup-folder'), { target: { value: 'copies' } })
    await fireEvent.click(one('backup-save'))
    await until(() => expect(one('error').dataset.code).toBe('invalid_argument'))
    await fireEvent.click(one('backup-now'))
    await until(() => expect(all('backup-problem')).toEqual([]))
  })
})

describe('a vault that is not in order', () => {
  test('an older copy is said until it was read', async () => {
    await openInbox({ upkeep: { notice: 'rolled_back' } })
    const notice = one('upkeep-notice')
    expect(notice.dataset.code).toBe('rolled_back')
    expect(notice.textContent).toContain('What is safe')
    await fireEvent.click(one('notice-read'))
    await until(() => expect(all('upkeep-notice')).toEqual([]))
  })

  test('damage is repaired after a second look, and what was saved is said', async () => {
    const fake = await openInbox({ upkeep: { problems: ['cipher_integrity:3'] } })
    await fireEvent.click(one('repair'))
    expect(fake.calls.some(([name]) => name === 'repairVault')).toBe(false)
    await fireEvent.click(one('repair-now'))
    await until(() => expect(one('rescued').textContent).toContain('Saved'))
    expect(all('upkeep-notice')).toEqual([])
  })

  test('one that does not open offers both ways', async () => {
    const fake = await openWindow({
      session: { state: 'locked', vaults: [{ dir: 'sample', name: 'Sample', key: 'ready' }], left: [] },
      failing: { unlockVault: { code: 'database_damaged', retryable: false, params: [] } },
    })
    await fireEvent.input(one('unlock-passphrase'), { target: { value: 'anything' } })
    await fireEvent.submit(one('unlock-passphrase').closest('form')!)
    await until(() => expect(one('damaged-page').dataset.code).toBe('database_damaged'))
    await fireEvent.click(one('damaged-restore'))
    for (const [field, value] of [
      ['restore-file', '/copies/one.backup'],
      ['restore-code', 'ABCD'],
      ['restore-passphrase', 'a long passphrase'],
      ['restore-repeat', 'a long passphrase'],
    ] as const)
      await fireEvent.input(one(field), { target: { value } })
    await fireEvent.click(one('restore-submit'))
    await until(() => expect(one('restored').textContent).toContain('120'))
    const call = fake.calls.find(([name]) => name === 'restoreBackup')
    expect(call?.[1]).toMatchObject({ in_place_of: 'sample', file: '/copies/one.backup' })
  })
})
