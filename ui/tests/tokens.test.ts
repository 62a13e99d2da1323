// The design tokens: no literal colour anywhere else, and WCAG AA contrast of every text pair in every theme.
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

const themes: Record<string, Record<string, string>> = { light: {}, dark: {} }
for (const [, name, light, dark] of css.matchAll(/--([\w-]+): light-dark\((#\w+), (#\w+)\)/g)) {
  themes.light![name!] = light!
  themes.dark![name!] = dark!
}
const contrastBlock = css.slice(css.indexOf("[data-theme='high-contrast']"))
themes['high-contrast'] = Object.fromEntries(
  [...contrastBlock.matchAll(/--([\w-]+): (#\w{6})/g)].map(([, name, value]) => [name!, value!]),
)

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const channel = parseInt(hex.slice(at, at + 2), 16) / 255
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!
}

function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (light! + 0.05) / (dark! + 0.05)
}

const surfaces = ['chrome', 'panel', 'canvas', 'raised', 'field', 'selected', 'hover']
const text: [string, string][] = [
  ...surfaces.flatMap((surface): [string, string][] => [
    ['ink', surface],
    ['ink-2', surface],
    ['ink-3', surface],
  ]),
  ['on-accent', 'accent'],
  ['accent-ink', 'accent-soft'],
  ['ink', 'accent-soft'],
  ['ink-2', 'accent-soft'],
  ['emergency-ink', 'emergency-soft'],
  ['emergency-ink', 'panel'],
  ['emergency-ink', 'chrome'],
  ['ink', 'emergency-soft'],
  ['ink-2', 'emergency-soft'],
  ['urgent-ink', 'urgent-soft'],
  ['urgent-ink', 'accent-soft'],
  ['watch-ink', 'watch-soft'],
  ['watch-ink', 'panel'],
  ['night-ink', 'night-soft'],
  ['night-ink', 'canvas'],
  ['night-ink', 'panel'],
  ['warn-ink', 'urgent-soft'],
  ['warn-ink', 'panel'],
  ['warn-ink', 'chrome'],
]
const shapes: [string, string][] = ['emergency-fill', 'urgent', 'watch', 'accent', 'line-strong', 'good'].map(
  (name) => [name, 'panel'],
)

describe.each(Object.keys(themes))('%s', (theme) => {
  const tokens = themes[theme]!
  test.each(text)('%s on %s reads (4.5 to 1)', (ink, paper) => {
    expect(contrast(tokens[ink]!, tokens[paper]!)).toBeGreaterThanOrEqual(4.5)
  })
  test.each(shapes)('%s on %s shows (3 to 1)', (shape, paper) => {
    expect(contrast(tokens[shape]!, tokens[paper]!)).toBeGreaterThanOrEqual(3)
  })
})

test('no literal colour outside tokens.css', () => {
  const found = files(root)
    .filter((path) => /\.(svelte|css|ts)$/.test(path) && !path.endsWith('tokens.css'))
    .filter((path) => /#[0-9a-f]{3,8}\b(?=[;\s,)'"])|\b(rgb|hsl|oklch)a?\(/i.test(readFileSync(path, 'utf8')))
  expect(found).toEqual([])
})
