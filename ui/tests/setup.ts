// What jsdom lacks, and a clean document after each test.
import { cleanup } from '@testing-library/svelte'
import { afterEach, vi } from 'vitest'

globalThis.ResizeObserver ??= class {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}
Element.prototype.scrollIntoView ??= () => undefined
Element.prototype.animate ??= vi.fn() as unknown as Element['animate']
// The list's height: without a layout only the overscan would be drawn.
Object.defineProperty(HTMLElement.prototype, 'clientHeight', { configurable: true, get: () => 900 })

afterEach(() => {
  cleanup()
  document.documentElement.removeAttribute('data-theme')
})
