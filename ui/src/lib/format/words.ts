// Codes of the backend as words of the app's language. A code without a translation is shown as it is, so that nothing is
// hidden; scripts/check-messages.js knows the prefixes used here.
import type { AppError, Category, HoursBlock, HoursProblemView, SendCheck } from '../ipc/backend'
import { m } from '../paraglide/messages.js'
import { calendarDate, type TimeContext } from './time'

/** The kinds of concern, in the order of the clinical reference. */
export const CATEGORIES: Category[] = [
  'ideation_passive',
  'ideation_active',
  'intent',
  'plan',
  'means',
  'preparation',
  'attempt',
  'self_harm',
  'harm_to_others',
  'abuse_violence',
  'child_safety',
  'elder_safety',
  'psychosis',
  'mania',
  'overdose',
  'adverse_reaction',
  'withdrawal',
  'eating_disorder',
  'postpartum',
  'hopelessness',
  'third_party_risk',
  'substance_risk',
]

type Message = (inputs?: Record<string, unknown>) => string

function find(key: string): Message | undefined {
  return (m as unknown as Record<string, Message | undefined>)[key.replaceAll('-', '_')]
}

/** The words for a code, for example `words('view', 'needs-attention')`. */
export function words(
  kind:
    | 'view'
    | 'function'
    | 'tier'
    | 'category'
    | 'context'
    | 'not_checked'
    | 'outbox'
    | 'case_state'
    | 'mark'
    | 'after_hours'
    | 'gender'
    | 'role'
    | 'unreadable'
    | 'group'
    | 'lexicon_problem'
    | 'locked'
    | 'watch_off'
    | 'work_queued'
    | 'work_refused'
    | 'audit_kind'
    | 'hours_day'
    | 'holiday_list'
    | 'calendar_effect'
    | 'publication'
    | 'publication_not'
    | 'publication_left',
  code: string,
): string {
  return find(`${kind}_${code}`)?.() ?? code.replaceAll('_', ' ')
}

/** `Emergency · means at hand`. */
export function tierAndCategory(tier: string, category: Category | null): string {
  return category ? `${words('tier', tier)} · ${words('category', category)}` : words('tier', tier)
}

/** What happened, in a sentence; an unknown code gets the general sentence, and the code stands beside it for support. */
export function errorText(error: AppError): string {
  return find(`error_${error.code}`)?.(Object.fromEntries(error.params)) ?? m.error_internal()
}

/** `Tuesday 08:00 to 12:30`. */
export function blockText(block: HoursBlock): string {
  return m.hours_block({ day: words('hours_day', block.day), start: block.start, end: block.end })
}

/** What is wrong with the hours, or to be asked, in a sentence; what has no translation is said as the shell says it. */
export function hoursProblemText(problem: HoursProblemView, context: TimeContext): string {
  const shown = (name: string, value: string) => {
    if (name.endsWith('day')) return words('hours_day', value)
    return ['date', 'from', 'to'].includes(name) ? calendarDate(value, context) : value
  }
  const named = problem.params.map(([name, value]) => [name, shown(name, value)])
  const params = Object.fromEntries(named) as Record<string, string>
  if (problem.code === 'ends_next_day') {
    const day = problem.params.find(([name]) => name === 'day')?.[1] ?? ''
    const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']
    params.next = words('hours_day', days[(days.indexOf(day) + 1) % 7] ?? '')
  }
  return find(`hours_problem_${problem.code}`)?.(params) ?? problem.message
}

/** What stands against sending. */
export function checkText(check: SendCheck): string {
  const params = Object.fromEntries(check.params)
  let code = check.code
  if (code === 'wrong_country' && 'missing' in params) code = 'missing_line'
  if (code === 'unsigned' && 'review_by' in params) code = 'overdue'
  return find(`check_${code}`)?.(params) ?? check.code
}

/** `FAMILY, Given` as in clinical systems. */
export function patientName(family: string, given: string): string {
  return [family.toLocaleUpperCase(), given].filter(Boolean).join(', ')
}

/** `184 kB`. */
export function fileSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  if (bytes < 1_000_000) return `${Math.round(bytes / 1000)} kB`
  return `${(bytes / 1_000_000).toFixed(1)} MB`
}
