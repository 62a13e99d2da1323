// The availability screen: the document in force, the draft with its own undo, what is wrong with it and what it would mean.
// The draft stays while the screen is closed; it is gone with the vault.
import { noDocument, weekOn, type Layer } from '../hours/document'
import { dayKey } from '../format/time'
import {
  asAppError,
  backend,
  type AppError,
  type HoursCheck,
  type HoursDocument,
  type HoursProblemView,
  type HoursView,
  type SavedHoursOutcome,
} from '../ipc/backend'
import { clock } from './clock.svelte'
import { OUTDATED, unlessOutdated } from './outdated'

const CHECK_AFTER = 250
/** Steps that can be taken back. */
const STEPS = 200

class Hours {
  open = $state(false)
  view = $state.raw<HoursView | null>(null)
  draft = $state<HoursDocument>(noDocument())
  /** The week that is shown, by its place in the draft. */
  week = $state(0)
  layer = $state<Layer>('weekly')
  /** The block that is being worked on, by its place in the layer. */
  block = $state<number | null>(null)
  check = $state.raw<HoursCheck | null>(null)
  error = $state.raw<AppError | null>(null)
  saving = $state(false)
  saved = $state.raw<{ version: number; changed: number } | null>(null)
  /** What a change did, for the screen reader. */
  said = $state('')
  private past = $state.raw<string[]>([])
  private future = $state.raw<string[]>([])
  private confirmed = $state.raw<string[]>([])
  private field = ''
  private checkTimer: ReturnType<typeof setTimeout> | undefined
  private generation = 0
  private asked = 0

  blocks = $derived(this.draft.versions[this.week]?.[this.layer] ?? [])
  changed = $derived(this.view !== null && JSON.stringify(this.draft) !== JSON.stringify(this.view.document))
  problems = $derived(this.check?.problems ?? [])
  questions = $derived((this.check?.questions ?? []).filter((asked) => !this.confirmed.includes(this.key(asked))))
  canStepBack = $derived(this.past.length > 0)
  canStepForward = $derived(this.future.length > 0)
  savable = $derived(this.changed && !this.saving && this.problems.length === 0 && this.questions.length === 0)

  async load(): Promise<void> {
    await this.run(async () => {
      const keep = this.changed
      const view = await this.answer(backend().loadHours())
      // A draft that was begun goes on from the hours that it was begun with: saving says when there are newer ones.
      if (!keep) this.take(view)
    })
  }

  private take(view: HoursView): void {
    this.view = view
    this.draft = structuredClone(view.document)
    this.check = view.check
    this.week = weekOn(view.document, dayKey(clock.minute, clock.context))
    this.block = null
    this.past = []
    this.future = []
    this.confirmed = []
    this.field = ''
  }

  async discard(): Promise<void> {
    await this.run(async () => {
      this.take(await this.answer(backend().loadHours()))
      this.saved = null
    })
  }

  /** Changes the draft; changes of one `field` that follow each other are one step to take back. */
  change(act: (draft: HoursDocument) => void, field = ''): void {
    const before = JSON.stringify(this.draft)
    act(this.draft)
    if (JSON.stringify(this.draft) === before) return
    if (field === '' || field !== this.field) this.past = [...this.past, before].slice(-STEPS)
    this.field = field
    this.future = []
    this.touched()
  }

  stepBack(): void {
    const before = this.past.at(-1)
    if (before === undefined) return
    this.future = [...this.future, JSON.stringify(this.draft)]
    this.past = this.past.slice(0, -1)
    this.restore(before)
  }

  stepForward(): void {
    const next = this.future.at(-1)
    if (next === undefined) return
    this.past = [...this.past, JSON.stringify(this.draft)]
    this.future = this.future.slice(0, -1)
    this.restore(next)
  }

  private restore(document: string): void {
    this.draft = JSON.parse(document) as HoursDocument
    this.week = Math.max(0, Math.min(this.week, this.draft.versions.length - 1))
    this.block = null
    this.field = ''
    this.touched()
  }

  private touched(): void {
    this.saved = null
    clearTimeout(this.checkTimer)
    this.checkTimer = setTimeout(() => void this.checkNow(), CHECK_AFTER)
  }

  async checkNow(): Promise<void> {
    const asked = ++this.asked
    try {
      const check = await this.answer(backend().checkHours($state.snapshot(this.draft)))
      if (asked === this.asked) this.check = check
    } catch (thrown) {
      if (thrown !== OUTDATED) this.error = asAppError(thrown)
    }
  }

  problemsAt(path: string): HoursProblemView[] {
    return this.problems.filter((problem) => problem.path === path || problem.path.startsWith(`${path}.`))
  }

  /** A question stays answered while its block stays as it is. */
  private key(asked: HoursProblemView): string {
    return JSON.stringify([asked.path, asked.params])
  }

  confirm(asked: HoursProblemView): void {
    this.confirmed = [...this.confirmed, this.key(asked)]
  }

  async save(): Promise<void> {
    if (this.saving) return
    await this.settle(async () => {
      clearTimeout(this.checkTimer)
      await this.checkNow()
      if (this.problems.length > 0 || this.questions.length > 0) return null
      return this.answer(backend().saveHours(this.view?.version ?? 0, $state.snapshot(this.draft)))
    })
  }

  /** Goes back to what was in force before the newest save. */
  async undoSave(): Promise<void> {
    if (this.saving || !this.view) return
    const { version } = this.view
    await this.settle(() => this.answer(backend().undoHours(version)))
  }

  private async settle(act: () => Promise<SavedHoursOutcome | null>): Promise<void> {
    this.saving = true
    const { generation } = this
    await this.run(async () => {
      const outcome = await act()
      if (outcome === null) return
      if (outcome.outcome === 'refused') {
        if (this.check) this.check = { ...this.check, problems: outcome.problems }
        return
      }
      this.take(await this.answer(backend().loadHours()))
      this.saved = { version: outcome.version, changed: outcome.changed }
    })
    if (generation === this.generation) this.saving = false
  }

  clear(): void {
    clearTimeout(this.checkTimer)
    this.generation += 1
    this.open = false
    this.view = null
    this.draft = noDocument()
    this.week = 0
    this.layer = 'weekly'
    this.block = null
    this.check = null
    this.error = null
    this.saving = false
    this.saved = null
    this.said = ''
    this.past = []
    this.future = []
    this.confirmed = []
  }

  private async run(act: () => Promise<void>): Promise<void> {
    try {
      await act()
      this.error = null
    } catch (thrown) {
      if (thrown !== OUTDATED) this.error = asAppError(thrown)
    }
  }

  /** The answer, or failure, of what was asked, unless the vault was locked meanwhile. */
  private answer<T>(asked: Promise<T>): Promise<T> {
    return unlessOutdated(asked, () => this.generation)
  }
}

export const hours = new Hours()
