// Language and theme. The message functions read the language through `overwriteGetLocale`, so a change re-renders
// every text at once, without a reload.
import { asAppError, backend, type AppError } from '../ipc/backend'
import type { Locale } from '../format/time'
import { overwriteGetLocale } from '../paraglide/runtime.js'

export const THEMES = ['system', 'light', 'dark', 'high-contrast'] as const
export type Theme = (typeof THEMES)[number]

class PreferencesState {
  language = $state<Locale>('en')
  theme = $state<Theme>('system')
  error = $state.raw<AppError | null>(null)

  async load(): Promise<void> {
    try {
      const loaded = await backend().loadPreferences()
      this.language = loaded.language === 'de' ? 'de' : 'en'
      this.theme = THEMES.find((theme) => theme === loaded.theme) ?? 'system'
    } catch (thrown) {
      this.error = asAppError(thrown)
    }
    this.apply()
  }

  async save(change: { language?: Locale; theme?: Theme }): Promise<void> {
    if (change.language) this.language = change.language
    if (change.theme) this.theme = change.theme
    this.apply()
    try {
      await backend().savePreferences({ language: this.language, theme: this.theme })
      this.error = null
    } catch (thrown) {
      this.error = asAppError(thrown)
    }
  }

  private apply(): void {
    document.documentElement.lang = this.language
    document.documentElement.dataset.theme = this.theme
  }
}

export const preferences = new PreferencesState()
overwriteGetLocale(() => preferences.language)
