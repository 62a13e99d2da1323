// The clinic's policy as the shell knows it; asked again whenever a page that shows it opens.
import { backend, type PolicyView } from '../ipc/backend'

class Policy {
  view = $state.raw<PolicyView | null>(null)
  /** The dialog with all settings is open. */
  open = $state(false)

  get broken(): boolean {
    return this.view?.state === 'broken'
  }

  async load(): Promise<void> {
    try {
      this.view = await backend().loadPolicy()
    } catch {
      // Nothing is known then; the settings that hold are the shell's, and it holds them by itself.
      this.view = null
    }
  }

  clear(): void {
    this.view = null
    this.open = false
  }
}

export const policy = new Policy()
