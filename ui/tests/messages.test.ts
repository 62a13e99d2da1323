// Both languages have the same messages, and every code of the contract has words.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const read = (path: string) => readFileSync(join(import.meta.dirname, '..', path), 'utf8')
const en = JSON.parse(read('messages/en.json')) as Record<string, unknown>
const de = JSON.parse(read('messages/de.json')) as Record<string, unknown>
const bindings = read('src/lib/ipc/bindings.ts')

test('the same keys', () => {
  expect(Object.keys(de)).toEqual(Object.keys(en))
})

test.each([
  ['View', 'view'],
  ['MessageFunction', 'function'],
  ['Tier', 'tier'],
  ['Category', 'category'],
  ['ContextMark', 'context'],
  ['NotCheckedReason', 'not_checked'],
  ['OutboxState', 'outbox'],
  ['CaseState', 'case_state'],
  ['Mark', 'mark'],
  ['AfterHoursReason', 'after_hours'],
  ['SenderRole', 'role'],
])('every %s has words', (type, prefix) => {
  const declaration = new RegExp(`export type ${type} =([\\s\\S]*?)\\n\\n`).exec(bindings)?.[1] ?? ''
  const codes = [...declaration.matchAll(/"([\w-]+)"/g)].map((match) => match[1]!)
  expect(codes.length).toBeGreaterThan(2)
  expect(codes.filter((code) => !(`${prefix}_${code.replaceAll('-', '_')}` in en))).toEqual([])
})

test('German addresses formally', () => {
  const familiar = Object.entries(de).filter(([, text]) =>
    /\b(du|dein|deine|dich|dir|euch)\b/i.test(JSON.stringify(text)),
  )
  expect(familiar).toEqual([])
})
