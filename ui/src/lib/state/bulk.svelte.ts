// Several threads chosen in the list, and what is done with all of them at once. Each thread is its own act: what fails is
// said with its number, what worked can be undone together. A thread with an open case is never closed this way.
import { asAppError, backend, type AppError, type ThreadRow } from '../ipc/backend'
import { shortWhen } from '../format/time'
import { errorText } from '../format/words'
import { m } from '../paraglide/messages.js'
import { clock } from './clock.svelte'
import { inbox } from './inbox.svelte'
import { openThread } from './thread.svelte'
import { toasts } from './toasts.svelte'

/** What one act did, so that it can be taken back; `null` when it left the thread alone. */
type Undo = (() => Promise<void>) | null

class Bulk {
  keys = $state.raw<ReadonlySet<string>>(new Set())
  busy = $state(false)
  private anchor: string | null = null

  active = $derived(this.keys.size > 0)
  rows = $derived.by((): ThreadRow[] =>
    inbox.items.flatMap((item) => (item.kind === 'row' && this.keys.has(item.key) ? [item.row] : [])),
  )

  toggle(key: string | null): void {
    if (key === null || inbox.row(key) === null) return
    const next = new Set(this.keys)
    if (!next.delete(key)) next.add(key)
    this.keys = next
    this.anchor = key
  }

  /** Chooses everything from the last chosen row, or the open one, to this one. */
  extend(key: string | null): void {
    const list = inbox.items.filter((item) => item.kind === 'row').map((item) => item.key)
    const from = list.indexOf(this.anchor ?? inbox.selected ?? '')
    const to = list.indexOf(key ?? '')
    if (to < 0) return
    const [first, last] = from < 0 ? [to, to] : [Math.min(from, to), Math.max(from, to)]
    this.keys = new Set([...this.keys, ...list.slice(first, last + 1)])
    this.anchor ??= list[from < 0 ? to : from] ?? null
  }

  /** Everything of the list that is here. */
  all(): void {
    this.keys = new Set(inbox.items.flatMap((item) => (item.kind === 'row' ? [item.key] : [])))
  }

  clear(): void {
    if (this.keys.size > 0) this.keys = new Set()
    this.anchor = null
  }

  close(): Promise<void> {
    return this.run(
      async (row) => {
        if (row.status === 'closed' || (row.case !== null && row.case !== 'closed')) return null
        await backend().setThreadClosed(row.id, true)
        return () => backend().setThreadClosed(row.id, false)
      },
      (count) => m.bulk_closed({ count }),
    )
  }

  snooze(until: string | null): Promise<void> {
    return this.run(
      async (row) => {
        await backend().snoozeThread(row.id, until)
        return () => backend().snoozeThread(row.id, row.snoozed_until)
      },
      (count) =>
        until ? m.bulk_snoozed({ count, time: shortWhen(until, clock.context) }) : m.bulk_snooze_ended({ count }),
    )
  }

  /** Takes what nobody has: a colleague's thread is taken over one by one, never in a heap. */
  claim(): Promise<void> {
    return this.run(
      async (row) => {
        const { sharing } = await backend().loadThread(row.id)
        if (!sharing.possible || (sharing.claim && !sharing.claim.done)) return null
        await backend().claimThread(row.id, false)
        return () => backend().releaseThread(row.id)
      },
      (count) => m.bulk_claimed({ count }),
    )
  }

  private async run(act: (row: ThreadRow) => Promise<Undo>, done: (count: number) => string): Promise<void> {
    if (this.busy) return
    this.busy = true
    const undos: (() => Promise<void>)[] = []
    let left = 0
    let failed = 0
    let error: AppError | null = null
    for (const row of this.rows) {
      try {
        const undo = await act(row)
        if (undo) undos.push(undo)
        else left += 1
      } catch (thrown) {
        failed += 1
        error = asAppError(thrown)
      }
    }
    this.busy = false
    this.clear()
    await this.refresh()
    if (undos.length > 0)
      toasts.show(done(undos.length), { action: { label: m.undo(), run: () => void this.takeBack(undos) } }, 12_000)
    if (left > 0) toasts.show(m.bulk_left({ count: left }), { tone: 'problem' })
    if (error) toasts.show(m.bulk_failed({ count: failed, reason: errorText(error) }), { tone: 'problem' }, 12_000)
  }

  private async takeBack(undos: (() => Promise<void>)[]): Promise<void> {
    let error: AppError | null = null
    for (const undo of undos) {
      try {
        await undo()
      } catch (thrown) {
        error = asAppError(thrown)
      }
    }
    await this.refresh()
    if (error) toasts.show(errorText(error), { tone: 'problem' })
  }

  private async refresh(): Promise<void> {
    await Promise.all([inbox.refresh(), openThread.refresh()])
  }
}

export const bulk = new Bulk()
