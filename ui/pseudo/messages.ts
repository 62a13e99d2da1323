// The pseudo-language: every text of the catalogue between ⟦ and ⟧, with accents, and two fifths longer, as German may be.
// It takes the place of the compiled messages in tests/pseudo and in `npm run build:pseudo`, never in a release: what stands
// outside the brackets was not translated, and what is cut off would be in a longer language.
import * as real from '../src/lib/paraglide/messages/_index.js'

const ACCENTS: Record<string, string> = { a: 'á', e: 'é', i: 'í', o: 'ö', u: 'ü', A: 'Ä', E: 'É', O: 'Ö', U: 'Ü' }

export function pseudo(text: string): string {
  const accented = text.replace(/[aeiouAEOU]/g, (letter) => ACCENTS[letter] ?? letter)
  return `⟦${accented}${'~'.repeat(Math.ceil(text.length * 0.4))}⟧`
}

type Message = (...inputs: unknown[]) => string

export const m = new Proxy(real as unknown as Record<string, Message>, {
  get: (messages, key: string) => {
    const message = messages[key]
    return message && ((...inputs: unknown[]) => pseudo(message(...inputs)))
  },
})
