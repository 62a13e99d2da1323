// The open thread. Reading is told to the backend only after the thread stood open for a moment: walking through the list
// with j and k must not quieten messages that nobody has read.
import {
  asAppError,
  backend,
  type AppError,
  type AttemptOutcome,
  type Segment,
  type ThreadDetail,
} from '../ipc/backend'

export const DWELL = 1500

class OpenThread {
  id = $state<string | null>(null)
  detail = $state.raw<ThreadDetail | null>(null)
  error = $state.raw<AppError | null>(null)
  /** Error of the last act in the thread or its case, shown where it happened. */
  actError = $state.raw<AppError | null>(null)
  /** Full texts of messages that came cut, by message id. */
  full = $state.raw<Record<string, Segment[]>>({})
  private failed: (() => Promise<void>) | null = null
  private place: number | null = null
  private dwell: ReturnType<typeof setTimeout> | undefined

  async open(id: string): Promise<void> {
    if (this.id !== id) {
      this.detail = null
      this.full = {}
      this.actError = null
    }
    this.id = id
    clearTimeout(this.dwell)
    await this.refresh()
    this.dwellOn(id)
  }

  /** Asks for a sensitive thread; answers whether it is shown now. */
  async show(): Promise<boolean> {
    const id = this.id
    if (!id || !(await this.act(() => backend().showSensitive(id)))) return false
    this.dwellOn(id)
    return this.id === id && this.detail?.row.masked === false
  }

  private dwellOn(id: string): void {
    clearTimeout(this.dwell)
    // What is masked has been read by nobody.
    if (this.id !== id || !this.detail || this.detail.row.masked) return
    this.dwell = setTimeout(() => {
      if (this.id === id)
        backend()
          .markThreadRead(id)
          .catch(() => undefined)
    }, DWELL)
  }

  /** Opens a thread where it was scrolled to before a lock. */
  openAt(id: string, scroll: number): Promise<void> {
    this.place = scroll
    return this.open(id)
  }

  /** Where the thread that is drawn for the first time is to stand; `null` where that is not known. */
  takePlace(): number | null {
    const place = this.place
    this.place = null
    return place
  }

  async refresh(): Promise<void> {
    const id = this.id
    if (!id) return
    try {
      const detail = await backend().loadThread(id)
      if (this.id !== id) return
      this.detail = detail
      this.error = null
    } catch (thrown) {
      if (this.id === id) this.error = asAppError(thrown)
    }
  }

  close(): void {
    clearTimeout(this.dwell)
    this.place = null
    this.id = null
    this.detail = null
    this.error = null
    this.full = {}
  }

  async loadFull(message: string): Promise<void> {
    await this.act(async () => {
      this.full = { ...this.full, [message]: await backend().loadMessageText(message) }
    })
  }

  /** Runs an act on the open thread and reads the thread again; answers whether it worked. */
  async act(run: () => Promise<void>): Promise<boolean> {
    try {
      await run()
      this.actError = null
      await this.refresh()
      return true
    } catch (thrown) {
      this.actError = asAppError(thrown)
      this.failed = run
      return false
    }
  }

  /** Tries the act that failed once more. */
  async retryAct(): Promise<void> {
    if (this.failed) await this.act(this.failed)
  }

  dismissFlag(flag: string, dismissed: boolean): Promise<boolean> {
    return this.act(() => backend().dismissFlag(flag, dismissed))
  }

  logAttempt(outcome: AttemptOutcome, next: string | null): Promise<boolean> {
    const record = this.detail?.case
    if (!record) return Promise.resolve(false)
    return this.act(() => backend().logAttempt(record.id, outcome, this.detail?.patient?.phone ?? '', next))
  }
}

export const openThread = new OpenThread()
