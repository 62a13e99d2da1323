import { describe, expect, test } from 'vitest'
import { edit, expand, insertAt, pieces, serialise, withoutUnknown } from '../src/lib/format/slots'
import { snippetPieces } from '../src/lib/format/snippet'

const slots = [
  { name: 'name', label: 'name', value: 'Jonas', required: true },
  { name: 'line', label: 'your words', value: '', required: true },
]
const start = expand('{name}, hello. {line} Bye.', slots)

describe('slots in the text', () => {
  test('known values are written, the rest is a blank with its label', () => {
    expect(start.text).toBe('Jonas, hello. [your words] Bye.')
    expect(start.marks.map((mark) => [mark.name, mark.blank])).toEqual([
      ['name', false],
      ['line', true],
    ])
    expect(serialise(start)).toBe('Jonas, hello. {line} Bye.')
  })

  test('writing over a blank fills it, and goes on filling', () => {
    const first = edit(start, 'Jonas, hello. I Bye.')
    const more = edit(first, 'Jonas, hello. I am here. Bye.', 24)
    expect(more.marks[1]).toMatchObject({ start: 14, end: 24, blank: false })
    expect(serialise(more)).toBe('Jonas, hello. I am here. Bye.')
  })

  test('writing before, between and after moves the marks and fills nothing', () => {
    for (const text of [
      'Dear Jonas, hello. [your words] Bye.',
      'Jonas, hello there. [your words] Bye.',
      'Jonas, hello. [your words] Bye. A.',
    ]) {
      const after = edit(start, text)
      const blank = after.marks.find((mark) => mark.blank)
      expect(after.text.slice(blank?.start, blank?.end)).toBe('[your words]')
    }
  })

  test('writing at the edges of a blank leaves it blank', () => {
    const before = edit(start, 'Jonas, hello. X[your words] Bye.')
    const behind = edit(start, 'Jonas, hello. [your words]X Bye.')
    expect(serialise(before)).toBe('Jonas, hello. X{line} Bye.')
    expect(serialise(behind)).toBe('Jonas, hello. {line}X Bye.')
  })

  test('cutting through a mark ends it; deleting everything leaves none', () => {
    expect(edit(start, 'Jonas, hello. [you Bye.').marks.every((mark) => !mark.blank)).toBe(true)
    expect(edit(start, '').marks).toEqual([])
  })

  test('a response goes in at the caret and keeps earlier marks', () => {
    const both = insertAt(start, start.text.length, expand(' {line}', slots))
    expect(both.marks).toHaveLength(3)
    expect(serialise(both)).toBe('Jonas, hello. {line} Bye. {line}')
  })

  test('a paragraph with an optional slot that is not known is left out', () => {
    const optional = [...slots, { name: 'cover', label: 'cover', value: '', required: false }]
    expect(withoutUnknown('Hello.\n\nCover: {cover}\n\n{line}', optional)).toBe('Hello.\n\n{line}')
  })

  test('the drawn pieces are exactly the text', () => {
    expect(
      pieces(start)
        .map((piece) => piece.text)
        .join(''),
    ).toBe(start.text)
  })
})

describe('search snippets', () => {
  test('hits lie between U+0002 and U+0003', () => {
    expect(snippetPieces('a \u0002tablet\u0003 b \u0002tablet\u0003')).toEqual([
      { text: 'a ', hit: false },
      { text: 'tablet', hit: true },
      { text: ' b ', hit: false },
      { text: 'tablet', hit: true },
    ])
    expect(snippetPieces('plain')).toEqual([{ text: 'plain', hit: false }])
  })
})
