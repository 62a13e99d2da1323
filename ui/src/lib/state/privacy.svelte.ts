// What the window shows, hidden at once without closing the vault. Hidden by the clinician it comes back only by its own key,
// Escape or its button: not by a click anywhere, nor by a movement. Hidden because the window lost the focus it comes back with it.
import { preferences } from './preferences.svelte'

class Privacy {
  /** The clinician asked for it. */
  asked = $state(false)
  /** Another window has the focus, and this one is to be hidden meanwhile. */
  away = $state(false)
  hidden = $derived(this.asked || this.away)

  toggle(): void {
    this.asked = !this.asked
    this.away = false
  }

  end(): void {
    this.asked = false
    this.away = false
  }

  /** The window has the focus, or lost it. */
  focus(focused: boolean): void {
    this.away = !focused && preferences.hideUnfocused
  }
}

export const privacy = new Privacy()
