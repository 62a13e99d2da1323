// The window's clock: ticks so that waiting times and headings stay true. Design work and tests may stop it.
import type { TimeContext } from '../format/time'
import { preferences } from './preferences.svelte'

class Clock {
  now = $state(Date.now())
  zone = $state(Intl.DateTimeFormat().resolvedOptions().timeZone)
  private stopped = false

  constructor() {
    setInterval(() => {
      if (!this.stopped) this.now = Date.now()
    }, 1000)
  }

  /** Holds the clock at an instant. */
  stop(instant: string): void {
    this.stopped = true
    this.now = Date.parse(instant)
  }

  /** The minute, for everything that need not be drawn again each second. */
  minute = $derived(Math.floor(this.now / 60_000) * 60_000)

  context: TimeContext = $derived({ locale: preferences.language, zone: this.zone, now: this.minute })
}

export const clock = new Clock()
