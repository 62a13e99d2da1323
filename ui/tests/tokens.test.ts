// The design tokens: no literal colour and no length off the grid anywhere else; WCAG contrast of every pair of text and
// ground in every theme; tiers that differ in lightness.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../src')
const css = readFileSync(join(root, 'styles/tokens.css'), 'utf8')

function files(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'paraglide') return []
    const path = join(dir, entry.name)
    return entry.isDirectory() ? files(path) : [path]
  })
}

type Tokens = Record<string, string>

/** The light and the dark value of each colour in a block. */
function pairs(block: string): [Tokens, Tokens] {
  const found: [Tokens, Tokens] = [{}, {}]
  for (const [, name, light, dark] of block.matchAll(/--([\w-]+): light-dark\((#\w+), (#\w+)\)/g)) {
    found[0][name!] = light!
    found[1][name!] = dark!
  }
  return found
}

const moreAt = css.indexOf("[data-contrast='more']")
const forced = css.slice(css.indexOf('forced-colors'))
const [light, dark] = pairs(css.slice(0, moreAt))
const [moreLight, moreDark] = pairs(css.slice(moreAt))
const themes: [string, Tokens, number][] = [
  ['light', light, 4.5],
  ['dark', dark, 4.5],
  ['light, more contrast', { ...light, ...moreLight }, 7],
  ['dark, more contrast', { ...dark, ...moreDark }, 7],
]

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const channel = parseInt(hex.slice(at, at + 2), 16) / 255
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!
}

function contrast(a: string, b: string): number {
  const [bright, dim] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (bright! + 0.05) / (dim! + 0.05)
}

/** CIE L*, 0 to 100. */
function lightness(hex: string): number {
  const y = luminance(hex)
  return y > 0.008856 ? 116 * Math.cbrt(y) - 16 : 903.3 * y
}

const surfaces = ['chrome', 'panel', 'canvas', 'raised', 'field', 'selected', 'hover']
const softs = Object.keys(light).filter((name) => name.endsWith('-soft'))
const inks = Object.keys(light).filter((name) => name === 'ink' || /^ink-\d$/.test(name))
const coloured = Object.keys(light).filter((name) => name.endsWith('-ink'))

/** Every ink on every ground on which it may come to stand. */
const text: [string, string][] = [
  ...[...surfaces, ...softs].flatMap((ground) => inks.map((ink): [string, string] => [ink, ground])),
  ...surfaces.flatMap((ground) => coloured.map((ink): [string, string] => [ink, ground])),
  ...coloured.flatMap((ink): [string, string][] => {
    const own = ink.replace('-ink', '-soft')
    return softs.includes(own) ? [[ink, own]] : []
  }),
  ['warn-ink', 'urgent-soft'],
  ['urgent-ink', 'accent-soft'],
  ['night-ink', 'accent-soft'],
  ['on-accent', 'accent'],
  ['on-accent', 'accent-hover'],
  ['panel', 'ink'],
]
const shapes: [string, string][] = ['emergency-fill', 'urgent', 'watch', 'accent', 'line-strong', 'good'].flatMap(
  (name) => ['panel', 'canvas', 'raised', 'selected'].map((ground): [string, string] => [name, ground]),
)

describe.each(themes)('%s', (_name, tokens, least) => {
  test('the pairs cover what there is', () => {
    expect(surfaces.every((name) => name in tokens)).toBe(true)
    expect(softs.length).toBeGreaterThanOrEqual(5)
    expect(coloured.length).toBeGreaterThanOrEqual(6)
  })

  test(`every text reads (${least} to 1)`, () => {
    const bad = text
      .map(([ink, ground]) => [ink, ground, contrast(tokens[ink]!, tokens[ground]!)] as const)
      .filter(([, , found]) => !(found >= least))
      .map(([ink, ground, found]) => `${ink} on ${ground}: ${found.toFixed(2)}`)
    expect(bad).toEqual([])
  })

  test('every shape shows (3 to 1)', () => {
    const bad = shapes
      .map(([shape, ground]) => [shape, ground, contrast(tokens[shape]!, tokens[ground]!)] as const)
      .filter(([, , found]) => !(found >= 3))
      .map(([shape, ground, found]) => `${shape} on ${ground}: ${found.toFixed(2)}`)
    expect(bad).toEqual([])
  })

  test('the marks of the tiers differ in lightness', () => {
    const [emergency, urgent, watch] = ['emergency-fill', 'urgent', 'watch'].map((name) => lightness(tokens[name]!))
    const apart = [Math.abs(emergency! - urgent!), Math.abs(urgent! - watch!), Math.abs(emergency! - watch!)]
    expect(Math.min(...apart)).toBeGreaterThanOrEqual(5)
  })
})

test('more contrast and forced colours name every colour', () => {
  const colours = Object.keys(light)
  expect(colours.filter((name) => !(name in moreLight) && !['shadow', 'scrim'].includes(name))).toEqual([])
  expect(colours.filter((name) => !forced.includes(`--${name}: `))).toEqual([])
})

const sources = files(root).filter((path) => /\.(svelte|css|ts)$/.test(path) && !path.endsWith('tokens.css'))

test('no literal colour outside tokens.css', () => {
  const found = sources.filter((path) =>
    /#[0-9a-f]{3,8}\b(?=[;\s,)'"])|\b(rgb|hsl|oklch)a?\(/i.test(readFileSync(path, 'utf8')),
  )
  expect(found).toEqual([])
})

test('space, type, corners, depth and layers come from the tokens', () => {
  const stray = (line: string) =>
    (/^\s*(padding|margin|gap|row-gap|column-gap)[\w-]*: /.test(line) && /(?<![\w(.-])(?!1px)\d+px/.test(line)) ||
    (/^\s*font-size: /.test(line) && /\dpx/.test(line)) ||
    (/^\s*border-radius: /.test(line) && /\dpx/.test(line)) ||
    (/^\s*z-index: /.test(line) && /\d\d/.test(line)) ||
    (/^\s*box-shadow: 0 [1-9]/.test(line) && !line.includes('var(--lift'))
  const found = sources
    .filter((path) => !path.endsWith('.ts'))
    .flatMap((path) =>
      readFileSync(path, 'utf8')
        .split('\n')
        .filter(stray)
        .map((line) => `${path.slice(root.length + 1)}: ${line.trim()}`),
    )
  expect(found).toEqual([])
})
