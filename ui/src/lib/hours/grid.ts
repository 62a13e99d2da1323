// The week as a grid: blocks as stretches of the week's minutes, and what dragging and the arrow keys do to them. Pure: no
// element, no state.
import type { HoursBlock } from '../ipc/backend'

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
/** Minutes of a step; everything on the grid lies on it. */
export const STEP = 15
export const DAY = 24 * 60
export const WEEK = 7 * DAY

/** A stretch of the week: the minute of the week at which it starts, and its length. */
export interface Span {
  start: number
  length: number
}

/** The part of a block that lies in one column. */
export interface Piece {
  /** 0 is Monday. */
  column: number
  /** Minutes of the day. */
  from: number
  to: number
  /** The block starts, or ends, in this column. */
  first: boolean
  last: boolean
}

const wrap = (minute: number) => ((minute % WEEK) + WEEK) % WEEK

/** Minutes from midnight; `NaN` for what is no time. */
export function minutes(time: string): number {
  const found = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(time)
  return found ? Number(found[1]) * 60 + Number(found[2]) : NaN
}

export function time(minute: number): string {
  const within = ((minute % DAY) + DAY) % DAY
  return `${String(Math.floor(within / 60)).padStart(2, '0')}:${String(within % 60).padStart(2, '0')}`
}

export function snap(minute: number): number {
  return Math.round(minute / STEP) * STEP
}

/** A block as a stretch; an end that is not after the start lies on the next day. `null` for what is no block. */
export function spanOf(block: HoursBlock): Span | null {
  const column = (DAYS as readonly string[]).indexOf(block.day)
  const [start, end] = [minutes(block.start), minutes(block.end)]
  if (column < 0 || Number.isNaN(start) || Number.isNaN(end)) return null
  return { start: column * DAY + start, length: end > start ? end - start : end - start + DAY }
}

export function blockOf(span: Span): HoursBlock {
  const start = wrap(span.start)
  return { day: DAYS[Math.floor(start / DAY)]!, start: time(start), end: time(start + span.length) }
}

/** A length that can be written: at least one step, less than a day, or a whole day from midnight. */
export function fit(span: Span): Span {
  const start = wrap(span.start)
  const most = start % DAY === 0 ? DAY : DAY - STEP
  return { start, length: Math.min(most, Math.max(STEP, span.length)) }
}

/** The stretch from one point of the grid to another; the two may stand in either order. */
export function between(from: number, to: number): Span {
  const [first, last] = from <= to ? [from, to] : [to, from]
  return fit({ start: first, length: last - first })
}

export function move(span: Span, by: number): Span {
  return fit({ start: span.start + by, length: span.length })
}

/** Moves the end; the start stays. */
export function resizeEnd(span: Span, by: number): Span {
  return fit({ start: span.start, length: span.length + by })
}

/** Moves the start; the end stays. */
export function resizeStart(span: Span, by: number): Span {
  const shift = Math.min(span.length - STEP, Math.max(by, span.length - (DAY - STEP)))
  return fit({ start: span.start + shift, length: span.length - shift })
}

/** The length by which the end of a stretch comes to a point of the grid, over the end of the week too. */
export function lengthTo(span: Span, point: number): number {
  const length = wrap(point - span.start)
  // Just above its start the pointer asks for the shortest block, not for one that goes round the week.
  return length > WEEK / 2 ? STEP : length
}

/** Two blocks with half an hour between them, or one after the other where there is no room for that. */
export function split(span: Span): [Span, Span] | null {
  if (span.length < 2 * STEP) return null
  const pause = span.length >= 90 ? 30 : 0
  const first = Math.max(STEP, snap((span.length - pause) / 2))
  const rest = span.length - first - pause
  return [fit({ start: span.start, length: first }), fit({ start: span.start + first + pause, length: rest })]
}

/** What of a stretch lies in which column. */
export function pieces(span: Span): Piece[] {
  const found: Piece[] = []
  let at = span.start
  const end = span.start + span.length
  while (at < end) {
    const dayEnd = (Math.floor(at / DAY) + 1) * DAY
    const to = Math.min(end, dayEnd)
    found.push({
      column: Math.floor(wrap(at) / DAY),
      from: at % DAY,
      to: to === dayEnd ? DAY : to % DAY,
      first: at === span.start,
      last: to === end,
    })
    at = to
  }
  return found
}

/** Whether two stretches meet; either may run over the end of the week. */
export function overlap(one: Span, two: Span): boolean {
  return wrap(two.start - one.start) < one.length || wrap(one.start - two.start) < two.length
}

/** The blocks that overlap an earlier one of the list, by their places. */
export function overlapping(blocks: HoursBlock[]): number[] {
  const spans = blocks.map(spanOf)
  return spans.flatMap((span, index) =>
    span && spans.slice(0, index).some((earlier) => earlier && overlap(earlier, span)) ? [index] : [],
  )
}

/** The working days on which no block starts or runs. */
export function emptyDays(blocks: HoursBlock[]): number[] {
  const held = new Set(blocks.flatMap((block) => pieces(spanOf(block) ?? { start: 0, length: 0 })).map((p) => p.column))
  return [0, 1, 2, 3, 4].filter((column) => !held.has(column))
}

/** In order of the week. */
export function sorted(blocks: HoursBlock[]): HoursBlock[] {
  const at = (block: HoursBlock) => spanOf(block)?.start ?? WEEK
  return [...blocks].sort((a, b) => at(a) - at(b))
}

/** A point of the grid from a place within it: `x` and `y` from 0 to 1. */
export function pointAt(x: number, y: number): number {
  const column = Math.min(6, Math.max(0, Math.floor(x * 7)))
  const minute = Math.min(DAY, Math.max(0, snap(y * DAY)))
  return column * DAY + minute
}
