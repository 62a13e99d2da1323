// What the availability screen does to the document: pure, each answers a new one or changes only what it was given.
import type { HoursBlock, HoursDate, HoursDocument, HoursOpening, HoursWeek } from '../ipc/backend'
import { DAY, DAYS, fit, minutes, overlap, snap, spanOf, STEP, time, type Span } from './grid'

export type Layer = 'weekly' | 'on_call'

export const noDocument = (): HoursDocument => ({
  zone: 'UTC',
  practitioner: null,
  versions: [],
  exceptions: [],
  absences: [],
  holidays: [],
})

/** The place of the week that holds on a day (`YYYY-MM-DD`): the last one that began, else the first. */
export function weekOn(document: HoursDocument, day: string): number {
  let found = 0
  document.versions.forEach((week, index) => {
    const best = document.versions[found]!
    if (week.from <= day && (best.from > day || week.from >= best.from)) found = index
  })
  return found
}

/** A week like `like` that begins on a day. */
export function weekFrom(like: HoursWeek | undefined, from: string): HoursWeek {
  const copy = (blocks: HoursBlock[]) => blocks.map((block) => ({ ...block }))
  return { from, weekly: copy(like?.weekly ?? []), on_call: copy(like?.on_call ?? []) }
}

/** `mon` to `sun` of a date. */
export function weekdayOf(date: string): string {
  return DAYS[(new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7]!
}

/** The blocks that start on a date: its exception's, else the week's. */
export function blocksOn(document: HoursDocument, date: string): HoursOpening[] {
  const exception = document.exceptions.find((entry) => entry.date === date)
  if (exception) return exception.closed ? [] : (exception.open ?? [])
  const week = document.versions[weekOn(document, date)]
  const day = weekdayOf(date)
  return (week?.weekly ?? []).filter((block) => block.day === day).map(({ start, end }) => ({ start, end }))
}

/** The exception that closes a date from a time on; `null` when nothing would be open after it anyway. */
export function closeEarly(document: HoursDocument, date: string, now: string): HoursDate | null {
  const at = Math.min(DAY - STEP, Math.ceil(minutes(now) / STEP) * STEP)
  const open: HoursOpening[] = []
  let cut = false
  for (const block of blocksOn(document, date)) {
    const start = minutes(block.start)
    const end = minutes(block.end) > start ? minutes(block.end) : minutes(block.end) + DAY
    if (end <= at) open.push(block)
    else {
      cut = true
      if (start < at) open.push({ start: block.start, end: time(at) })
    }
  }
  if (!cut) return null
  const reason = 'early-close'
  return open.length > 0 ? { date, closed: false, open, reason } : { date, closed: true, open: null, reason }
}

/** The document with an exception in the place of the one on that date. */
export function withException(document: HoursDocument, exception: HoursDate): HoursDocument {
  const others = document.exceptions.filter((entry) => entry.date !== exception.date)
  const exceptions = [...others, exception].sort((a, b) => a.date.localeCompare(b.date))
  return { ...document, exceptions }
}

/** A stretch on a day for a new block: the first free one of four hours from 08:00, else the longest free of that day. */
export function freeStretch(blocks: HoursBlock[], column: number): Span {
  const spans = blocks.map(spanOf).filter((span) => span !== null)
  const free = (span: Span) => spans.every((other) => !overlap(other, span))
  for (const length of [240, 120, 60, 30, STEP])
    for (let start = 480; start < 480 + DAY; start += 30) {
      const span = fit({ start: column * DAY + (start % DAY), length })
      if (start % DAY <= DAY - length && free(span)) return span
    }
  return fit({ start: column * DAY + snap(480), length: 240 })
}

/** An availability file as the shell writes it, with every field there. */
export function wholeDocument(file: string): HoursDocument {
  const found = JSON.parse(file) as Partial<HoursDocument>
  return {
    zone: found.zone ?? 'UTC',
    practitioner: found.practitioner ?? null,
    versions: (found.versions ?? []).map((week) => ({ ...week, on_call: week.on_call ?? [] })),
    exceptions: (found.exceptions ?? []).map(({ date, closed, open, reason }) => ({
      date,
      closed: closed ?? false,
      open: open ?? null,
      reason: reason ?? null,
    })),
    absences: (found.absences ?? []).map(({ from, to, cover }) => ({
      from,
      to,
      cover: cover ? { name: cover.name, practitioner: cover.practitioner ?? null, phone: cover.phone ?? null } : null,
    })),
    holidays: found.holidays ?? [],
  }
}
