// The list: views, sections, selection. In the default view two answers stand in one list: what cannot wait, and below it
// what waits for me. A thread that stands above is not repeated below.
import {
  asAppError,
  backend,
  type AppError,
  type MessageFunction,
  type Overview,
  type ThreadRow,
  type UnreadableRow,
  type View,
} from '../ipc/backend'
import { m } from '../paraglide/messages.js'
import { clock } from './clock.svelte'
import { toasts } from './toasts.svelte'

export const PAGE = 100
export const ROW_HEIGHT = 88
export const HEADER_HEIGHT = 36
export const EMPTY_HEIGHT = 72

export type Item =
  | { kind: 'header'; key: string; section: Section; top: number; height: number }
  | { kind: 'empty'; key: string; section: Section; top: number; height: number }
  | { kind: 'row'; key: string; row: ThreadRow; section: Section; position: number; top: number; height: number }
  | {
      kind: 'unreadable'
      key: string
      row: UnreadableRow
      section: Section
      position: number
      top: number
      height: number
    }
  | { kind: 'pending'; key: string; section: Section; top: number; height: number }

export class Section {
  rows = $state.raw<ThreadRow[]>([])
  unreadable = $state.raw<UnreadableRow[]>([])
  total = $state(0)
  loaded = $state(false)
  loading = $state(false)
  error = $state.raw<AppError | null>(null)

  constructor(
    readonly view: View,
    readonly fn: MessageFunction | null,
  ) {}

  /** Rows not yet here. */
  missing = $derived(Math.max(0, this.total - this.rows.length - this.unreadable.length))

  async load(): Promise<void> {
    await this.fetch(0, Math.max(PAGE, Math.min(this.rows.length, 5 * PAGE)))
  }

  async more(): Promise<void> {
    if (!this.loading && this.missing > 0) await this.fetch(this.rows.length, 2 * PAGE)
  }

  private async fetch(offset: number, limit: number): Promise<void> {
    this.loading = true
    try {
      const page = await backend().listThreads(this.view, this.fn, offset, limit)
      this.rows = offset === 0 ? page.rows : [...this.rows.slice(0, offset), ...page.rows]
      if (offset === 0) this.unreadable = page.unreadable
      this.total = Math.max(page.total, this.rows.length)
      if (page.rows.length < limit) this.total = this.rows.length + this.unreadable.length
      this.error = null
    } catch (thrown) {
      this.error = asAppError(thrown)
    } finally {
      this.loading = false
      this.loaded = true
    }
  }
}

/** Key of an unreadable row in the selection. */
export function unreadableKey(row: UnreadableRow): string {
  return `unreadable:${row.portal_type}/${row.portal_id}`
}

class Inbox {
  overview = $state.raw<Overview | null>(null)
  overviewError = $state.raw<AppError | null>(null)
  view = $state<View>('needs-attention')
  fn = $state<MessageFunction | null>(null)
  sections = $state.raw<Section[]>([])
  selected = $state<string | null>(null)
  /** The section in which the selection was made; the same thread may stand in several views. */
  private refreshTimer: ReturnType<typeof setTimeout> | undefined

  items = $derived.by((): Item[] => layOut(this.sections))
  height = $derived.by(() => {
    const last = this.items.at(-1)
    return last ? last.top + last.height : 0
  })
  selectable = $derived(this.items.filter((item) => item.kind === 'row' || item.kind === 'unreadable'))
  loaded = $derived(this.sections.length > 0 && this.sections.every((section) => section.loaded))

  count(view: View): number | null {
    return this.overview?.views.find(([name]) => name === view)?.[1] ?? null
  }

  functionCount(fn: MessageFunction): number | null {
    return this.overview?.functions.find(([name]) => name === fn)?.[1] ?? null
  }

  async show(view: View, fn: MessageFunction | null = null): Promise<void> {
    this.view = view
    this.fn = fn
    const views: View[] = view === 'needs-attention' && !fn ? ['needs-attention', 'waiting-for-me'] : [view]
    this.sections = views.map((name) => new Section(name, fn))
    await Promise.all(this.sections.map((section) => section.load()))
  }

  async refreshOverview(): Promise<void> {
    try {
      const before = this.count('needs-attention')
      const next = await backend().loadOverview()
      this.overview = next
      clock.zone = next.duty.zone
      this.overviewError = null
      const after = this.count('needs-attention') ?? 0
      if (before !== null && after > before) toasts.announce(m.announce_attention({ count: after - before }))
    } catch (thrown) {
      this.overviewError = asAppError(thrown)
    }
  }

  async refresh(): Promise<void> {
    await Promise.all([this.refreshOverview(), ...this.sections.map((section) => section.load())])
  }

  /** Events come in bursts; the lists are fetched once for a burst. */
  refreshSoon(): void {
    clearTimeout(this.refreshTimer)
    this.refreshTimer = setTimeout(() => void this.refresh(), 60)
  }

  select(key: string | null): void {
    this.selected = key
  }

  /** Moves the selection; answers the new key. */
  move(by: number): string | null {
    const list = this.selectable
    if (list.length === 0) return null
    const index = list.findIndex((item) => item.key === this.selected)
    const next = index < 0 ? (by > 0 ? 0 : list.length - 1) : Math.min(list.length - 1, Math.max(0, index + by))
    this.selected = list[next]?.key ?? null
    return this.selected
  }

  row(id: string | null): ThreadRow | null {
    for (const section of this.sections) {
      const found = section.rows.find((row) => row.id === id)
      if (found) return found
    }
    return null
  }

  clear(): void {
    clearTimeout(this.refreshTimer)
    this.overview = null
    this.sections = []
    this.selected = null
    this.view = 'needs-attention'
    this.fn = null
  }
}

/** The items of all sections with their places; rows have one height, so nothing is measured. */
export function layOut(sections: Section[]): Item[] {
  const items: Item[] = []
  const seen = new Set<string>()
  let top = 0
  let position = 0
  const push = (item: Item) => {
    items.push(item)
    top += item.height
  }
  for (const section of sections) {
    push({ kind: 'header', key: `header:${section.view}`, section, top, height: HEADER_HEIGHT })
    // What cannot be read stands after everything that has a tier, before what is only unchecked.
    const calm = section.rows.findIndex((row) => row.tier === 'none')
    const flagged = calm < 0 ? section.rows.length : calm
    const pushRows = (rows: ThreadRow[]) => {
      for (const row of rows) {
        if (seen.has(row.id)) continue
        seen.add(row.id)
        push({ kind: 'row', key: row.id, row, section, position: ++position, top, height: ROW_HEIGHT })
      }
    }
    pushRows(section.rows.slice(0, flagged))
    for (const row of section.unreadable)
      push({ kind: 'unreadable', key: unreadableKey(row), row, section, position: ++position, top, height: ROW_HEIGHT })
    pushRows(section.rows.slice(flagged))
    if (section.missing > 0)
      push({ kind: 'pending', key: `pending:${section.view}`, section, top, height: section.missing * ROW_HEIGHT })
    else if (section.loaded && items.at(-1)?.kind === 'header')
      push({ kind: 'empty', key: `empty:${section.view}`, section, top, height: EMPTY_HEIGHT })
  }
  return items
}

export const inbox = new Inbox()
