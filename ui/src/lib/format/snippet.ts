// Search snippets carry their hits between U+0002 and U+0003.

export function snippetPieces(snippet: string): { text: string; hit: boolean }[] {
  return snippet
    .split('\u0002')
    .flatMap((part, index) => {
      if (index === 0) return [{ text: part, hit: false }]
      const [hit = '', ...rest] = part.split('\u0003')
      return [
        { text: hit, hit: true },
        { text: rest.join(''), hit: false },
      ]
    })
    .filter((piece) => piece.text !== '')
}
