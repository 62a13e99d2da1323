// Fails when a translation is missing, empty, takes other inputs than English, or is used nowhere.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const locales = JSON.parse(readFileSync(join(root, 'project.inlang/settings.json'), 'utf8')).locales
const catalogues = Object.fromEntries(
  locales.map((locale) => [locale, JSON.parse(readFileSync(join(root, `messages/${locale}.json`), 'utf8'))]),
)

/** Keys that are looked up by a code of the backend: src/lib/format/words.ts lists the same prefixes. */
const dynamicPrefixes = [
  'view_',
  'function_',
  'tier_',
  'category_',
  'context_',
  'not_checked_',
  'outbox_',
  'case_state_',
  'check_',
  'error_',
  'mark_',
  'after_hours_',
  'gender_',
  'role_',
  'key_',
  'unreadable_',
  'group_',
  'lexicon_problem_',
  'locked_',
  'watch_off_',
  'work_queued_',
  'work_refused_',
  'audit_kind_',
  'policy_watch_',
  'hours_day_',
  'hours_problem_',
  'holiday_list_',
  'calendar_effect_',
  'publication_',
]

function placeholders(message) {
  return [...new Set(JSON.stringify(message).match(/\{[a-z_]+\}/gi) ?? [])].sort().join(' ')
}

function sources(dir) {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name)
    if (entry.isDirectory()) return entry.name === 'paraglide' ? [] : sources(path)
    return /\.(ts|svelte)$/.test(entry.name) ? [readFileSync(path, 'utf8')] : []
  })
}

const problems = []
const [base, ...others] = locales
const keys = Object.keys(catalogues[base]).filter((key) => key !== '$schema')
for (const locale of others) {
  for (const key of keys) {
    if (!(key in catalogues[locale])) problems.push(`${locale}: ${key} is missing`)
    else if (placeholders(catalogues[locale][key]) !== placeholders(catalogues[base][key]))
      problems.push(`${locale}: ${key} takes other inputs than ${base}`)
  }
  for (const key of Object.keys(catalogues[locale]))
    if (!keys.includes(key) && key !== '$schema') problems.push(`${locale}: ${key} is not in ${base}`)
}
for (const locale of locales)
  for (const [key, value] of Object.entries(catalogues[locale]))
    if (value === '') problems.push(`${locale}: ${key} is empty`)

const code = sources(join(root, 'src')).join('\n')
for (const key of keys)
  if (!dynamicPrefixes.some((prefix) => key.startsWith(prefix)) && !new RegExp(`\\bm\\.${key}\\b`).test(code))
    problems.push(`${base}: ${key} is used nowhere`)

for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exit(1)
console.log(`${keys.length} messages in ${locales.join(', ')}: complete`)
