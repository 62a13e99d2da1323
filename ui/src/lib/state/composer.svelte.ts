// The reply being written: text with slots, its draft, what stands against sending, and when it leaves.
import {
  asAppError,
  backend,
  type AppError,
  type Duty,
  type OutboxView,
  type ResponseView,
  type SendCheck,
  type ThreadDetail,
} from '../ipc/backend'
import { edit, expand, insertAt, serialise, withoutUnknown, type MarkedText } from '../format/slots'

const SAVE_AFTER = 600
const CHECK_AFTER = 350

class Composer {
  thread = $state<string | null>(null)
  marked = $state.raw<MarkedText>({ text: '', marks: [] })
  response = $state.raw<{ reference: string; title: string } | null>(null)
  checks = $state.raw<SendCheck[]>([])
  /** Set by the clinician; without it the reply leaves at once on duty or in a case, else at the next opening. */
  leavesChoice = $state<'now' | 'opening' | null>(null)
  sending = $state(false)
  error = $state.raw<AppError | null>(null)
  draftState = $state<'none' | 'saving' | 'saved' | 'failed'>('none')
  /** Drafts that could not be saved, by thread. */
  private unsaved = new Map<string, string>()
  private saveTimer: ReturnType<typeof setTimeout> | undefined
  private checkTimer: ReturnType<typeof setTimeout> | undefined

  text = $derived(this.marked.text)
  blanks = $derived(this.marked.marks.filter((mark) => mark.blank).length)
  blocked = $derived(
    this.checks.some((check) => check.blocks && check.code !== 'empty_slot' && check.code !== 'empty_text'),
  )
  sendable = $derived(this.text.trim() !== '' && this.blanks === 0 && !this.blocked && !this.sending)

  /** Takes the thread's draft. A draft already being written here is kept. */
  async open(detail: ThreadDetail): Promise<void> {
    if (this.thread === detail.row.id) {
      // The thread was read again: what stood against sending (a newer message) may have been seen by now.
      if (this.text.trim() !== '') this.checkSoon()
      return
    }
    // A draft that could not be saved must not be lost by a change of thread: it is kept in memory until
    // it is written on.
    if (this.thread && !(await this.flush())) this.unsaved.set(this.thread, serialise(this.marked))
    this.thread = detail.row.id
    this.response = null
    this.checks = []
    this.leavesChoice = null
    this.error = null
    const kept = this.unsaved.get(detail.row.id)
    this.unsaved.delete(detail.row.id)
    this.draftState = kept !== undefined ? 'failed' : detail.draft ? 'saved' : 'none'
    this.marked = expand(kept ?? detail.draft, [])
    if (this.text) this.checkSoon()
    if (this.blanks > 0) await this.relabel(detail)
  }

  /** A draft with blanks: their labels come from the responses. */
  private async relabel(detail: ThreadDetail): Promise<void> {
    try {
      const responses = await backend().listResponses(detail.row.id, '')
      if (this.thread !== detail.row.id || serialise(this.marked) !== detail.draft) return
      const slots = responses.flatMap((response) => response.slots).map((slot) => ({ ...slot, value: '' }))
      this.marked = expand(detail.draft, slots)
    } catch {
      // The names of the slots stay as labels.
    }
  }

  type(text: string, caret: number): void {
    this.marked = edit(this.marked, text, caret)
    if (text === '') this.response = null
    this.touched()
  }

  /** Puts a response at the caret; answers where to put the caret: the first blank, or the end of the text. */
  insert(response: ResponseView, caret: number): { start: number; end: number } {
    const inserted = expand(withoutUnknown(response.text, response.slots), response.slots)
    this.marked = insertAt(this.marked, caret, inserted)
    this.response = { reference: `${response.id}@${response.version}`, title: response.title }
    this.touched()
    const blank = this.marked.marks.find((mark) => mark.blank)
    return blank ?? { start: caret + inserted.text.length, end: caret + inserted.text.length }
  }

  /** The instant before which the reply does not leave, or none. */
  notBefore(duty: Duty | null, inCase: boolean): string | null {
    if (!duty || duty.on_duty || !duty.until) return null
    const leaves = this.leavesChoice ?? (inCase ? 'now' : 'opening')
    return leaves === 'opening' ? duty.until : null
  }

  async send(duty: Duty | null, inCase: boolean, evenIfNewer: boolean): Promise<OutboxView | null> {
    const thread = this.thread
    if (!thread || !this.sendable) return null
    this.sending = true
    clearTimeout(this.saveTimer)
    clearTimeout(this.checkTimer)
    const request = {
      thread,
      text: serialise(this.marked),
      response: this.response?.reference ?? null,
      not_before: this.notBefore(duty, inCase),
      even_if_newer: evenIfNewer,
    }
    try {
      this.checks = await backend().checkReply(request)
      if (this.checks.some((check) => check.blocks)) return null
      const entry = await backend().enqueueReply(request)
      this.reset()
      return entry
    } catch (thrown) {
      this.error = asAppError(thrown)
      return null
    } finally {
      this.sending = false
    }
  }

  /** Puts a text back after undo. */
  restore(text: string): void {
    this.marked = expand(text, [])
    this.touched()
  }

  /** Saves what is not yet saved, before the thread changes and before the vault is locked; `false` when that failed. */
  async flush(): Promise<boolean> {
    clearTimeout(this.saveTimer)
    if (!this.thread || (this.draftState !== 'saving' && this.draftState !== 'failed')) return true
    return this.save(this.thread)
  }

  /** Whether leaving now would lose something that was written. */
  get holdsUnsaved(): boolean {
    return this.unsaved.size > 0
  }

  clear(): void {
    clearTimeout(this.saveTimer)
    clearTimeout(this.checkTimer)
    this.thread = null
    this.unsaved.clear()
    this.reset()
  }

  private reset(): void {
    this.marked = { text: '', marks: [] }
    this.response = null
    this.checks = []
    this.error = null
    this.leavesChoice = null
    this.draftState = 'none'
  }

  private touched(): void {
    this.error = null
    this.draftState = 'saving'
    const thread = this.thread
    clearTimeout(this.saveTimer)
    this.saveTimer = setTimeout(() => thread && void this.save(thread), SAVE_AFTER)
    this.checkSoon()
  }

  private async save(thread: string): Promise<boolean> {
    const text = serialise(this.marked)
    try {
      await backend().saveDraft(thread, text)
      if (this.thread === thread && serialise(this.marked) === text) this.draftState = text ? 'saved' : 'none'
      return true
    } catch {
      if (this.thread === thread) this.draftState = 'failed'
      return false
    }
  }

  private checkSoon(): void {
    clearTimeout(this.checkTimer)
    this.checkTimer = setTimeout(() => void this.check(), CHECK_AFTER)
  }

  private async check(): Promise<void> {
    const thread = this.thread
    const text = serialise(this.marked)
    if (!thread || text.trim() === '') {
      this.checks = []
      return
    }
    try {
      const response = this.response?.reference ?? null
      const checks = await backend().checkReply({ thread, text, response, not_before: null, even_if_newer: false })
      if (this.thread === thread && serialise(this.marked) === text) this.checks = checks
    } catch {
      // Checked again, and shown, when it is sent.
    }
  }
}

export const composer = new Composer()
