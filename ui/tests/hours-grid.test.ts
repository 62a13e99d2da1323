// The week as a grid: what dragging and the arrow keys do to blocks.
import { describe, expect, test } from 'vitest'
import {
  between,
  blockOf,
  DAY,
  emptyDays,
  fit,
  lengthTo,
  move,
  overlap,
  overlapping,
  pieces,
  pointAt,
  resizeEnd,
  resizeStart,
  spanOf,
  split,
  STEP,
  time,
  WEEK,
} from '../src/lib/hours/grid'

const block = (day: string, start: string, end: string) => ({ day, start, end })
const span = (day: string, start: string, end: string) => spanOf(block(day, start, end))!
const shown = (found: { start: number; length: number }) => {
  const { day, start, end } = blockOf(found)
  return `${day} ${start}-${end}`
}

describe('blocks and stretches', () => {
  test.each([
    ['mon', '08:00', '12:30'],
    ['fri', '20:00', '06:00'],
    ['sun', '22:15', '00:00'],
    ['wed', '00:00', '00:00'],
  ])('%s %s to %s is the same again', (day, start, end) => {
    expect(blockOf(span(day, start, end))).toEqual(block(day, start, end))
  })

  test('what is no block is none', () => {
    expect(spanOf(block('someday', '08:00', '09:00'))).toBeNull()
    expect(spanOf(block('mon', '25:00', '09:00'))).toBeNull()
    expect(spanOf(block('mon', '8:00', '09:00'))).toBeNull()
  })

  test('an overnight block has a piece in two columns, also from Sunday to Monday', () => {
    expect(pieces(span('sun', '20:00', '06:00'))).toEqual([
      { column: 6, from: 1200, to: 1440, first: true, last: false },
      { column: 0, from: 0, to: 360, first: false, last: true },
    ])
    expect(pieces(span('wed', '00:00', '00:00'))).toEqual([{ column: 2, from: 0, to: 1440, first: true, last: true }])
  })

  test('moving and resizing stay writable and keep the length, whatever is asked for', () => {
    for (let start = 0; start < WEEK; start += 105)
      for (const by of [-WEEK, -DAY, -STEP, 0, STEP, 3 * DAY, WEEK]) {
        const from = fit({ start, length: 255 })
        for (const found of [move(from, by), resizeEnd(from, by), resizeStart(from, by)]) {
          expect((found.start % STEP) + (found.length % STEP)).toBe(0)
          expect(found.length).toBeGreaterThanOrEqual(STEP)
          expect(spanOf(blockOf(found))).toEqual(found)
        }
        expect(move(from, by).length).toBe(255)
      }
  })
})

describe('dragging', () => {
  test('a new block from either end', () => {
    expect(shown(between(480, 720))).toBe('mon 08:00-12:00')
    expect(shown(between(720, 480))).toBe('mon 08:00-12:00')
    expect(shown(between(480, 480))).toBe('mon 08:00-08:15')
    expect(shown(between(DAY + 1200, 2 * DAY + 360))).toBe('tue 20:00-06:00')
  })

  test('the start and the end each leave the other where it is', () => {
    const noon = span('tue', '08:00', '12:00')
    expect(shown(resizeEnd(noon, 45))).toBe('tue 08:00-12:45')
    expect(shown(resizeStart(noon, -30))).toBe('tue 07:30-12:00')
    expect(shown(resizeStart(noon, 600))).toBe('tue 11:45-12:00')
    expect(shown(resizeEnd(noon, -600))).toBe('tue 08:00-08:15')
  })

  test('the end goes over midnight and over the end of the week, and never round it', () => {
    const late = span('sun', '20:00', '22:00')
    expect(shown(resizeEnd(late, lengthTo(late, 360) - late.length))).toBe('sun 20:00-06:00')
    expect(lengthTo(late, 6 * DAY + 1185)).toBe(STEP)
  })

  test('a place on the grid', () => {
    expect(pointAt(0, 0)).toBe(0)
    expect(pointAt(1, 1)).toBe(7 * DAY)
    expect(time(pointAt(0.5, (8 * 60 + 8) / DAY))).toBe('08:15')
  })
})

describe('splitting, overlaps, empty days', () => {
  test('a day is split round a pause; a short block without one', () => {
    expect(split(span('mon', '08:00', '17:00'))!.map(shown)).toEqual(['mon 08:00-12:15', 'mon 12:45-17:00'])
    expect(split(span('mon', '08:00', '08:30'))!.map(shown)).toEqual(['mon 08:00-08:15', 'mon 08:15-08:30'])
    expect(split(span('mon', '08:00', '08:15'))).toBeNull()
  })

  test('overlaps, also at the turn of the week; neighbours do not overlap', () => {
    expect(overlap(span('sun', '20:00', '06:00'), span('mon', '05:00', '08:00'))).toBe(true)
    expect(overlap(span('mon', '08:00', '12:00'), span('mon', '12:00', '13:00'))).toBe(false)
    expect(overlapping([block('mon', '08:00', '12:00'), block('mon', '11:00', '13:00')])).toEqual([1])
  })

  test('working days on which nobody is there', () => {
    expect(emptyDays([block('mon', '08:00', '12:00'), block('wed', '20:00', '06:00')])).toEqual([1, 4])
  })
})
