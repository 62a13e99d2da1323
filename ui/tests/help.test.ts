// Help and about: what a flag is, and a list of licences that names what the lock files name.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fireEvent } from '@testing-library/svelte'
import { expect, test } from 'vitest'
import licences from '../src/lib/licences.json'
import { one, openInbox, until } from './window'

test('the list of licences is fresh', () => {
  execFileSync(process.execPath, [join(import.meta.dirname, '../scripts/licences.js'), '--check'], { stdio: 'pipe' })
  expect(Object.values(licences.packages).join()).toContain('svelte')
  expect(Object.values(licences.crates).join()).toContain('tauri')
})

test('help says what a flag is not, and shows the licences', async () => {
  await openInbox()
  await fireEvent.click(one('settings'))
  await fireEvent.click(await until(() => one('help-open')))
  const help = await until(() => one('help'))
  expect(help.textContent).toContain('No flag never means safe')
  await until(() => expect(help.textContent).toContain('MIT'))
})
