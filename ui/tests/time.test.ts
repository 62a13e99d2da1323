import { describe, expect, test } from 'vitest'
import {
  calendarDate,
  clockTime,
  countdown,
  dayHeading,
  dayKey,
  duration,
  shortWhen,
  wallClock,
  type TimeContext,
} from '../src/lib/format/time'

const now = Date.parse('2026-11-23T06:54:00Z') // Monday 07:54 in Berlin
const en: TimeContext = { locale: 'en', zone: 'Europe/Berlin', now }
const de: TimeContext = { ...en, locale: 'de' }

describe('times as in UX.md', () => {
  test.each([
    ['today is a clock time', '2026-11-23T01:14:00Z', '02:14', '02:14'],
    ['today is decided in the clinic, not in UTC', '2026-11-22T23:30:00Z', '00:30', '00:30'],
    ['yesterday has its weekday', '2026-11-22T21:47:00Z', 'Sun 22:47', 'So 22:47'],
    ['six days back still', '2026-11-17T13:22:00Z', 'Tue 14:22', 'Di 14:22'],
    ['seven days back is a date', '2026-11-16T13:22:00Z', '16-Nov-2026', '16.11.2026'],
    ['a coming opening', '2026-11-24T07:00:00Z', 'Tue 08:00', 'Di 08:00'],
    ['a September date has three letters', '2026-09-02T13:22:00Z', '02-Sep-2026', '02.09.2026'],
  ])('%s', (_name, instant, english, german) => {
    expect(shortWhen(instant, en)).toBe(english)
    expect(shortWhen(instant, de)).toBe(german)
  })

  test('midnight is 00:00, not 24:00', () => {
    expect(clockTime('2026-11-22T23:00:00Z', en)).toBe('00:00')
  })

  test('dates of birth, whole and partial', () => {
    expect(calendarDate('1988-05-03', en)).toBe('03-May-1988')
    expect(calendarDate('1988-05-03', de)).toBe('03.05.1988')
    expect(calendarDate('1988-05', en)).toBe('May-1988')
    expect(calendarDate('1988', de)).toBe('1988')
  })

  test('day headings', () => {
    expect(dayHeading('2026-11-19T14:12:00Z', en)).toBe('Thursday 19-Nov-2026')
    expect(dayHeading('2026-11-19T14:12:00Z', de)).toBe('Donnerstag, 19.11.2026')
    expect(dayKey('2026-11-22T23:30:00Z', en)).toBe('2026-11-23')
  })

  test('durations and countdowns', () => {
    expect(duration(20_400_000)).toBe('5 h 40 min')
    expect(duration(-5)).toBe('0 min')
    expect(duration(26 * 3_600_000)).toBe('1 d 2 h')
    expect(countdown(640_000)).toBe('10:40')
    expect(countdown(-1)).toBe('0:00')
  })

  test('eight o’clock on the clinic’s wall, across the end of summer time', () => {
    const october: TimeContext = { ...en, now: Date.parse('2026-10-24T10:00:00Z') }
    expect(wallClock(0, 8, october)).toBe('2026-10-24T06:00:00.000Z')
    expect(wallClock(1, 8, october)).toBe('2026-10-25T07:00:00.000Z')
  })
})
