// The hours in the fake backend: saved one after the other; overlaps, empty blocks and unnamed covers are found, the rest of
// the judging is the shell's.
import { emptyDays, overlapping, spanOf } from '../../hours/grid'
import type {
  AppError,
  Backend,
  HoursBlock,
  HoursCheck,
  HoursDocument,
  HoursProblemView,
  SavedHoursOutcome,
} from '../backend'
import { at, SAMPLE_NOW, ZONE } from './build'

type Commands = Pick<Backend, 'loadHours' | 'checkHours' | 'saveHours' | 'undoHours' | 'saveReplyTarget'>

const block = (day: string, start: string, end: string): HoursBlock => ({ day, start, end })

export const SAMPLE_HOURS: HoursDocument = {
  zone: ZONE,
  practitioner: 'Practitioner/dr-adler',
  versions: [
    {
      from: '2026-01-01',
      weekly: [
        ...['mon', 'tue', 'thu'].flatMap((day) => [block(day, '08:00', '12:30'), block(day, '13:30', '17:00')]),
        block('wed', '08:00', '13:00'),
        block('fri', '20:00', '06:00'),
      ],
      on_call: [block('sat', '09:00', '13:00')],
    },
  ],
  exceptions: [{ date: '2026-12-24', closed: true, open: null, reason: 'holiday' }],
  absences: [
    {
      from: '2026-12-28',
      to: '2026-12-31',
      cover: { name: 'Dr. M. Brandt', practitioner: 'Practitioner/dr-brandt', phone: '+49 30 23125 0' },
    },
  ],
  holidays: ['DE-BB'],
}

function problem(path: string, code: string, params: [string, string][]): HoursProblemView {
  return { path, code, message: code, params }
}

function wrong(document: HoursDocument): HoursProblemView[] {
  const found: HoursProblemView[] = []
  document.versions.forEach((week, index) => {
    for (const layer of ['weekly', 'on_call'] as const) {
      const path = `versions[${index}].${layer}`
      week[layer].forEach(({ start, end }, n) => {
        if (start === end && start !== '00:00') found.push(problem(`${path}[${n}]`, 'empty_block', [['start', start]]))
      })
      for (const n of overlapping(week[layer])) {
        const { day, start, end } = week[layer][n]!
        const other = week[layer].findIndex((earlier, k) => k < n && overlapping([earlier, week[layer][n]!]).length > 0)
        const met = week[layer][other]!
        found.push(
          problem(`${path}[${n}]`, 'overlap', [
            ['day', day],
            ['start', start],
            ['end', end],
            ['other_day', met.day],
            ['other_start', met.start],
            ['other_end', met.end],
          ]),
        )
      }
    }
  })
  document.absences.forEach((absence, index) => {
    if (absence.from > absence.to)
      found.push(
        problem(`absences[${index}]`, 'absence_backwards', [
          ['from', absence.from],
          ['to', absence.to],
        ]),
      )
    if (absence.cover?.name.trim() === '') found.push(problem(`absences[${index}].cover.name`, 'cover_unnamed', []))
  })
  return found
}

function asked(document: HoursDocument): HoursProblemView[] {
  return document.versions.flatMap((week, index) =>
    week.weekly.flatMap((found, n) => {
      const length = spanOf(found)?.length ?? 0
      if (found.end > found.start || found.end === '00:00' || length <= 14 * 60) return []
      const params: [string, string][] = [
        ['day', found.day],
        ['start', found.start],
        ['end', found.end],
        ['hours', String(Math.floor(length / 60))],
      ]
      return [problem(`versions[${index}].weekly[${n}]`, 'ends_next_day', params)]
    }),
  )
}

function check(document: HoursDocument, inForce: HoursDocument): HoursCheck {
  const problems = wrong(document)
  if (problems.length > 0)
    return { problems, questions: [], gaps: [], told: [], changed: 0, duty: null, next_opening: null }
  const weekly = document.versions[0]?.weekly ?? []
  const week = weekly.map(({ day, start, end }) => `• ${day} ${start}–${end}`).join('\n')
  const uncovered = document.absences.filter((absence) => absence.cover === null)
  return {
    problems,
    questions: asked(document),
    gaps: [
      ...(emptyDays(weekly).length > 2 ? [{ from: at('24 17:00'), to: at('28 08:00'), absence: false }] : []),
      ...uncovered.map(({ from, to }) => ({ from: `${from}T07:00:00.000Z`, to: `${to}T16:00:00.000Z`, absence: true })),
    ],
    told: [
      { language: 'en', text: `Dr. A. Adler reads messages at these times (${document.zone}):\n${week}` },
      { language: 'de', text: `Dr. A. Adler liest Nachrichten zu diesen Zeiten (${document.zone}):\n${week}` },
    ],
    changed: JSON.stringify(document.versions) === JSON.stringify(inForce.versions) ? 0 : 6,
    duty: { on_duty: true, reason: 'open', until: at('23 12:30'), zone: document.zone },
    next_opening: SAMPLE_NOW,
  }
}

export function availabilityCommands(changed: () => void): Commands {
  const saves: HoursDocument[] = [structuredClone(SAMPLE_HOURS)]
  let target = 2
  const newest = () => saves.at(-1)!
  const stale: AppError = { code: 'hours_changed', retryable: false, params: [] }
  const save = (base: number, document: HoursDocument): SavedHoursOutcome => {
    if (base !== saves.length) throw stale
    const { changed: count } = check(document, newest())
    saves.push(structuredClone(document))
    changed()
    return { outcome: 'saved', version: saves.length, changed: count }
  }
  return {
    loadHours: async () => ({
      document: structuredClone(newest()),
      version: saves.length,
      saved_at: SAMPLE_NOW,
      can_undo: saves.length > 1,
      problem: null,
      holiday_lists: ['AT', 'CH', 'DE', 'DE-BB', 'DE-BE', 'UK', 'US'],
      reply_target_days: target,
      check: check(newest(), newest()),
    }),
    checkHours: async (document) => check(document, newest()),
    saveHours: async (base, document) => {
      const problems = wrong(document)
      return problems.length > 0 ? { outcome: 'refused', problems } : save(base, document)
    },
    undoHours: async (base) => {
      const before = saves.at(-2)
      if (!before) throw { code: 'nothing_to_undo', retryable: false, params: [] } satisfies AppError
      return save(base, before)
    },
    saveReplyTarget: async (days) => {
      target = days
    },
  }
}
