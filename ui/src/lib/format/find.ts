// Finding words in a text as a person means them: case does not matter, accents neither, and a German umlaut is found by
// `ü`, `u` and `ue`. Places are offsets in the text as it is.

export type Place = readonly [start: number, end: number]

const SPELT: Record<string, string> = { ä: 'ae', ö: 'oe', ü: 'ue', ß: 'ss' }

function bare(letter: string): string {
  return letter === 'ß' ? 'ss' : letter.normalize('NFD').replace(/\p{M}/gu, '')
}

function spelt(letter: string): string {
  return SPELT[letter] ?? bare(letter)
}

/** The folded text, and for each of its characters the offset of the one it came from. */
function fold(text: string, by: (letter: string) => string): { folded: string; from: number[] } {
  let folded = ''
  const from: number[] = []
  let at = 0
  for (const letter of text) {
    const out = by(letter.toLowerCase())
    for (let index = 0; index < out.length; index += 1) from.push(at)
    folded += out
    at += letter.length
  }
  from.push(at)
  return { folded, from }
}

/** All places of `query` in `text`, in order, without overlaps. */
export function findAll(text: string, query: string): Place[] {
  const places = new Map<number, number>()
  for (const by of [bare, spelt]) {
    const needle = fold(query.trim(), by).folded
    if (needle === '') return []
    const { folded, from } = fold(text, by)
    for (let at = folded.indexOf(needle); at >= 0; at = folded.indexOf(needle, at + needle.length)) {
      const start = from[at]!
      let end = at + needle.length
      // A letter that was folded to two is taken whole.
      while (from[end] === from[end - 1]) end += 1
      places.set(start, Math.max(places.get(start) ?? 0, from[end]!))
    }
  }
  const sorted = [...places].toSorted((a, b) => a[0] - b[0])
  return sorted.filter(([start], index) => index === 0 || start >= sorted[index - 1]![1])
}
