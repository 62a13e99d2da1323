// Times as a clinician reads them (UX.md, "Habits"): today "07:12", this week "Sat 02:14", else "12-Nov-2026". All are in
// the clinic's zone, whatever the workstation's zone is.

export type Locale = 'en' | 'de'

export interface TimeContext {
  locale: Locale
  /** IANA zone of the clinic. */
  zone: string
  /** Milliseconds since the epoch. */
  now: number
}

const DAY = 86_400_000
const formatters = new Map<string, Intl.DateTimeFormat>()

function formatter(
  context: TimeContext,
  options: Intl.DateTimeFormatOptions,
  zone = context.zone,
): Intl.DateTimeFormat {
  const key = `${context.locale}|${zone}|${JSON.stringify(options)}`
  let found = formatters.get(key)
  if (!found) {
    found = new Intl.DateTimeFormat(context.locale === 'de' ? 'de-DE' : 'en-GB', { timeZone: zone, ...options })
    formatters.set(key, found)
  }
  return found
}

/** `2026-11-23` in the clinic's zone: two instants with the same key are the same day there. */
export function dayKey(instant: string | number, context: TimeContext): string {
  const parts = formatter(
    { ...context, locale: 'en' },
    { year: 'numeric', month: '2-digit', day: '2-digit' },
  ).formatToParts(new Date(instant))
  const part = (type: string) => parts.find((entry) => entry.type === type)?.value ?? ''
  return `${part('year')}-${part('month')}-${part('day')}`
}

/** `07:12`. */
export function clockTime(instant: string | number, context: TimeContext): string {
  return formatter(context, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(new Date(instant))
}

/** A calendar date `YYYY-MM-DD`, `YYYY-MM` or `YYYY`: `03-May-1988`, in German `03.05.1988`. */
export function calendarDate(date: string, context: TimeContext): string {
  const [year, month, day] = date.split('-')
  if (!month) return date
  if (context.locale === 'de') return [day, month, year].filter(Boolean).join('.')
  const name = formatter(context, { month: 'short' }, 'UTC')
    .format(new Date(`${year}-${month}-01T00:00:00Z`))
    .slice(0, 3)
  return [day, name, year].filter(Boolean).join('-')
}

function weekday(instant: string | number, context: TimeContext, style: 'short' | 'long'): string {
  return formatter(context, { weekday: style }).format(new Date(instant)).replace('.', '')
}

/** `07:12`, `Sat 02:14` (six days either way), `12-Nov-2026`. */
export function shortWhen(instant: string | number, context: TimeContext): string {
  const day = dayKey(instant, context)
  if (day === dayKey(context.now, context)) return clockTime(instant, context)
  const apart = Math.abs(Date.parse(day) - Date.parse(dayKey(context.now, context)))
  if (apart <= 6 * DAY) return `${weekday(instant, context, 'short')} ${clockTime(instant, context)}`
  return calendarDate(day, context)
}

/** `Thursday 19-Nov-2026`, in German `Donnerstag, 19.11.2026`. */
export function dayHeading(instant: string | number, context: TimeContext): string {
  const separator = context.locale === 'de' ? ', ' : ' '
  return `${weekday(instant, context, 'long')}${separator}${calendarDate(dayKey(instant, context), context)}`
}

/** All of an instant, with the zone in which it is said: `Monday 23-Nov-2026, 02:14 (Berlin, GMT+1)`. */
export function fullWhen(instant: string | number, context: TimeContext): string {
  const parts = formatter({ ...context, locale: 'en' }, { timeZoneName: 'shortOffset' }).formatToParts(
    new Date(instant),
  )
  const offset = parts.find((part) => part.type === 'timeZoneName')?.value ?? ''
  const place = context.zone.split('/').at(-1)?.replaceAll('_', ' ') ?? context.zone
  const zone = place === offset ? place : `${place}, ${offset}`
  return `${dayHeading(instant, context)}, ${clockTime(instant, context)} (${zone})`
}

/** A length of time in words with at most two units: `5 h 40 min`, `3 d 2 h`; under a minute `0 min`. */
export function duration(milliseconds: number): string {
  const minutes = Math.max(0, Math.floor(milliseconds / 60_000))
  const days = Math.floor(minutes / 1440)
  const hours = Math.floor((minutes % 1440) / 60)
  const rest = minutes % 60
  if (days > 0) return hours > 0 ? `${days} d ${hours} h` : `${days} d`
  if (hours > 0) return rest > 0 ? `${hours} h ${rest} min` : `${hours} h`
  return `${rest} min`
}

/** Minutes and seconds left, for a running deadline: `10:40`; past it `0:00`. */
export function countdown(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000))
  if (seconds >= 3600) return duration(milliseconds)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

/** The instant at which the clinic's wall clock next shows `hour`:00, `days` days from today. */
export function wallClock(days: number, hour: number, context: TimeContext): string {
  const target = Date.parse(`${dayKey(context.now, context)}T${String(hour).padStart(2, '0')}:00:00Z`) + days * DAY
  // The zone's offset at that time, found by reading the guess back in the zone.
  const read = formatter({ ...context, locale: 'en' }, { dateStyle: 'short', timeStyle: 'short', hourCycle: 'h23' })
  const offset = (guess: number) => {
    const [date, time] = read.format(new Date(guess)).split(', ')
    const [day, month, year] = (date ?? '').split('/')
    return Date.parse(`${year}-${month}-${day}T${time}:00Z`) - guess
  }
  return new Date(target - offset(target - offset(target))).toISOString()
}
