// The hours in the fake backend: a calendar file of whole days is taken, anything else has a problem on its first line.
import type { Backend, CalendarPreview, CalendarRequest, PortalHours, PublicationView } from '../backend'
import { SAMPLE_NOW } from './build'

type Commands = Pick<
  Backend,
  | 'previewCalendar'
  | 'importCalendar'
  | 'loadPublication'
  | 'publishHours'
  | 'stopPublishing'
  | 'resolveHoursConflict'
  | 'portalHours'
>

/** What the sample portal holds. */
export const PORTAL_HOURS: PortalHours = {
  weekly: ['mon', 'tue', 'wed', 'thu', 'fri'].flatMap((day) => [
    { day, start: '08:00', end: '12:30' },
    { day, start: '13:30', end: '17:00' },
  ]),
  closed: [{ from: '2026-12-24', to: '2026-12-26', description: 'Closed' }],
  exceptions: 'Times are those of Europe/Berlin.',
  unreadable: 0,
}

const OFF: PublicationView = {
  state: 'off',
  published_at: null,
  version: null,
  failed: null,
  conflict: null,
  not_published: ['zone'],
  not_allowed: null,
}

const NOTHING_SKIPPED = { cancelled: 0, duplicates: 0, free: 0, outside: 0 }

function preview(request: CalendarRequest): CalendarPreview {
  const until = '2028-12-31'
  if (!request.text.startsWith('BEGIN:VCALENDAR')) {
    const problems = [{ line: 1, message: 'a calendar file begins with BEGIN:VCALENDAR' }]
    return { entries: [], skipped: NOTHING_SKIPPED, endless: [], until, hours: null, problems }
  }
  const entries = [...request.text.matchAll(/DTSTART;VALUE=DATE:(\d{4})(\d\d)(\d\d)/g)].map(([, year, month, day]) => ({
    title: 'Closed',
    from: `${year}-${month}-${day}`,
    to: `${year}-${month}-${day}`,
    start: null,
    end: null,
    effect: request.taken_as === 'holidays' ? ('closes' as const) : ('away' as const),
  }))
  return { entries, skipped: NOTHING_SKIPPED, endless: [], until, hours: request.hours ?? '{}', problems: [] }
}

export function hoursCommands(publication: Partial<PublicationView> = {}): Commands {
  let known: PublicationView = { ...OFF, ...publication }
  const published = () => {
    known = { ...known, state: 'published', published_at: SAMPLE_NOW, version: '2', failed: null, conflict: null }
    return known
  }
  return {
    previewCalendar: async (request) => preview(request),
    importCalendar: async (request) => preview(request),
    loadPublication: async () => known,
    publishHours: async () => published(),
    stopPublishing: async () => (known = { ...known, state: 'off' }),
    resolveHoursConflict: async () => published(),
    portalHours: async () => ({ portal: PORTAL_HOURS, hours: '{}' }),
  }
}
