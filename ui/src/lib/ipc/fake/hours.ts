// The hours in the fake backend: a calendar file of whole days is taken, anything else has a problem on its first line.
import type { Backend, CalendarPreview, CalendarRequest } from '../backend'

type Commands = Pick<Backend, 'previewCalendar' | 'importCalendar'>

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

export function hoursCommands(): Commands {
  return {
    previewCalendar: async (request) => preview(request),
    importCalendar: async (request) => preview(request),
  }
}
