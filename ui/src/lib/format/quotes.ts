// Quoted text of an earlier message: lines that begin with `>`, with the line before them that says who wrote it. Two lines
// and more are folded, unless a rule marked something in them: what is flagged is never out of sight.
import type { Segment } from '../ipc/backend'

export interface Block {
  segments: Segment[]
  /** It may be folded. */
  quoted: boolean
  /** Lines of it. */
  lines: number
}

const QUOTED = /^\s*>/
const WROTE = /^(on|am)\b.{0,120}\b(wrote|schrieb)\b.{0,80}:\s*$/i

/** The segments cut at their line ends, by line. */
function byLine(segments: Segment[]): Segment[][] {
  const lines: Segment[][] = [[]]
  for (const segment of segments) {
    const parts = segment.text.split('\n')
    parts.forEach((part, index) => {
      const last = index === parts.length - 1
      if (!last || part !== '') lines.at(-1)!.push({ ...segment, text: last ? part : `${part}\n` })
      if (!last) lines.push([])
    })
  }
  return lines.filter((line) => line.length > 0)
}

/** Neighbours that were one segment are one again. */
function joined(segments: Segment[]): Segment[] {
  const out: Segment[] = []
  for (const segment of segments) {
    const last = out.at(-1)
    const alike =
      last &&
      !segment.revealed &&
      !last.revealed &&
      segment.link === last.link &&
      segment.flags.join() === last.flags.join()
    if (alike) out[out.length - 1] = { ...last, text: last.text + segment.text }
    else out.push(segment)
  }
  return out
}

/** The text in stretches of the message's own words and of quoted ones. */
export function foldQuotes(segments: Segment[]): Block[] {
  if (!segments.some((segment) => segment.text.includes('>'))) return [{ segments, quoted: false, lines: 0 }]
  const lines = byLine(segments)
  const text = lines.map((line) => line.map((segment) => segment.text).join(''))
  const quoted = text.map((line) => QUOTED.test(line))
  text.forEach((line, index) => {
    if (!quoted[index] && quoted[index + 1] && WROTE.test(line)) quoted[index] = true
  })
  const blocks: Block[] = []
  lines.forEach((line, index) => {
    const last = blocks.at(-1)
    if (last && last.quoted === quoted[index]) {
      last.segments.push(...line)
      last.lines += 1
    } else blocks.push({ segments: [...line], quoted: quoted[index]!, lines: 1 })
  })
  return blocks.map((block) => {
    const folds = block.quoted && block.lines > 1 && block.segments.every((segment) => segment.flags.length === 0)
    return { segments: joined(block.segments), quoted: folds, lines: block.lines }
  })
}
