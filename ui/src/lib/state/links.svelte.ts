// An address in a patient's text that somebody wants to open: nothing is opened before it was confirmed.
import { asAppError, backend, type AppError, type LinkView } from '../ipc/backend'

class Links {
  asked = $state.raw<LinkView | null>(null)
  error = $state.raw<AppError | null>(null)

  ask(link: LinkView): void {
    this.error = null
    this.asked = link
  }

  leave(): void {
    this.asked = null
  }

  async open(): Promise<void> {
    if (!this.asked) return
    try {
      await backend().openLink(this.asked.address)
      this.asked = null
    } catch (thrown) {
      this.error = asAppError(thrown)
    }
  }
}

export const links = new Links()
