// Language and theme. The message functions read the language through `overwriteGetLocale`, so a change re-renders
// every text at once, without a reload.
import { asAppError, backend, type AppError } from '../ipc/backend'
import type { Locale } from '../format/time'
import { overwriteGetLocale } from '../paraglide/runtime.js'

export const THEMES = ['system', 'light', 'dark', 'high-contrast'] as const
export type Theme = (typeof THEMES)[number]

/** The system asks for more contrast: then every theme has it. */
const moreContrast = globalThis.matchMedia?.('(prefers-contrast: more)')

class PreferencesState {
  language = $state<Locale>('en')
  theme = $state<Theme>('system')
  /** What the window shows is hidden while another window has the focus. */
  hideUnfocused = $state(false)
  error = $state.raw<AppError | null>(null)

  async load(): Promise<void> {
    try {
      const loaded = await backend().loadPreferences()
      this.language = loaded.language === 'de' ? 'de' : 'en'
      this.theme = THEMES.find((theme) => theme === loaded.theme) ?? 'system'
      this.hideUnfocused = loaded.hide_unfocused ?? false
    } catch (thrown) {
      this.error = asAppError(thrown)
    }
    this.apply()
  }

  async save(change: { language?: Locale; theme?: Theme; hideUnfocused?: boolean }): Promise<void> {
    if (change.language) this.language = change.language
    if (change.theme) this.theme = change.theme
    if (change.hideUnfocused !== undefined) this.hideUnfocused = change.hideUnfocused
    this.apply()
    try {
      const { language, theme, hideUnfocused: hide_unfocused } = this
      await backend().savePreferences({ language, theme, hide_unfocused })
      this.error = null
    } catch (thrown) {
      this.error = asAppError(thrown)
    }
  }

  private apply(): void {
    const root = document.documentElement
    root.lang = this.language
    root.dataset.theme = this.theme
    root.dataset.contrast = this.theme === 'high-contrast' || moreContrast?.matches ? 'more' : 'normal'
  }

  constructor() {
    moreContrast?.addEventListener('change', () => this.apply())
  }
}

export const preferences = new PreferencesState()
overwriteGetLocale(() => preferences.language)
