// The rules, the clinic's own words and switches, and what is being judged again. The draft stays while the screen is closed,
// so that a key pressed by mistake loses nothing; it is gone with the vault.
import {
  asAppError,
  backend,
  wholeLexicon,
  type AppError,
  type Category,
  type ClinicProblem,
  type ClinicWords,
  type Lexicon,
  type LexiconView,
  type RetriageView,
  type RuleRow,
  type TriedText,
} from '../ipc/backend'
import { OUTDATED, unlessOutdated } from './outdated'

const CHECK_AFTER = 250
const SEARCH_AFTER = 120

const nothing = (): Lexicon => ({ words: [], watch_only: [] })

/** An id from a phrase: letters and digits, joined by hyphens. */
export function idFrom(phrase: string): string {
  const letters: Record<string, string> = { ä: 'ae', ö: 'oe', ü: 'ue', ß: 'ss' }
  const folded = phrase.toLowerCase().replace(/[äöüß]/g, (letter) => letters[letter] ?? '')
  return folded
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40)
}

class Rules {
  open = $state(false)
  view = $state.raw<LexiconView | null>(null)
  retriage = $state.raw<RetriageView | null>(null)
  draft = $state<Lexicon>(nothing())
  rows = $state.raw<RuleRow[]>([])
  query = $state('')
  category = $state<Category | ''>('')
  /** What is wrong with the draft; asked for once somebody has tried to save or to use it. */
  problems = $state.raw<ClinicProblem[]>([])
  error = $state.raw<AppError | null>(null)
  saving = $state(false)
  /** The version that was just saved. */
  saved = $state<number | null>(null)
  private checking = false
  private checkTimer: ReturnType<typeof setTimeout> | undefined
  private searchTimer: ReturnType<typeof setTimeout> | undefined
  /** Goes up with each clearing: what was asked before is not answered any more. */
  private generation = 0
  private asked = 0

  /** The draft without empty lines, as it is checked and saved. */
  cleaned = $derived.by((): Lexicon => {
    const draft = $state.snapshot(this.draft)
    const filled = (words: ClinicWords) =>
      words.phrases.map((phrase) => phrase.trim()).filter((phrase) => phrase !== '')
    return { ...draft, words: draft.words.map((words) => ({ ...words, phrases: filled(words) })) }
  })
  changed = $derived(JSON.stringify(this.cleaned) !== JSON.stringify(wholeLexicon(this.view?.lexicon ?? nothing())))

  async load(): Promise<void> {
    await this.run(async () => {
      const keep = this.changed && this.view !== null
      const view = await this.answer(backend().loadLexicon())
      this.retriage = view.retriage
      // A draft that was begun goes on from the version that it was begun with: saving says when there is a newer one.
      if (!keep) this.take(view)
      await this.search()
    })
  }

  private take(view: LexiconView): void {
    this.view = view
    this.draft = structuredClone(wholeLexicon(view.lexicon))
    this.problems = []
    this.checking = false
  }

  /** Gives the draft up. */
  async discard(): Promise<void> {
    await this.run(async () => {
      this.take(await this.answer(backend().loadLexicon()))
      this.saved = null
    })
  }

  async search(): Promise<void> {
    const asked = ++this.asked
    const rows = await this.answer(backend().listRules(this.query, this.category === '' ? null : this.category))
    if (asked === this.asked) this.rows = rows
  }

  searchSoon(): void {
    clearTimeout(this.searchTimer)
    this.searchTimer = setTimeout(() => void this.refresh(() => this.search()), SEARCH_AFTER)
  }

  isWatchOnly(rule: string): boolean {
    return this.draft.watch_only.includes(rule)
  }

  switch(rule: string, watchOnly: boolean): void {
    const others = this.draft.watch_only.filter((id) => id !== rule)
    this.draft.watch_only = watchOnly ? [...others, rule].sort() : others
    this.edited()
  }

  add(): void {
    this.draft.words.push({
      id: '',
      language: 'both',
      category: 'ideation_active',
      tier: 'watch',
      phrases: [],
      reason: '',
    })
    this.edited()
  }

  remove(at: number): void {
    const [gone] = this.draft.words.splice(at, 1)
    // The switch of a rule goes with it.
    if (gone) this.switch(`clinic.${gone.id}`, false)
    this.edited()
  }

  /** The phrases of an entry, one a line; its name follows the first one until somebody gives it another. */
  setPhrases(at: number, text: string): void {
    const words = this.draft.words[at]
    if (!words) return
    const named = words.id === '' || words.id === idFrom(words.phrases[0] ?? '')
    words.phrases = text === '' ? [] : text.split('\n')
    if (named) words.id = idFrom(words.phrases[0] ?? '')
    this.edited()
  }

  /** After each change of the draft. */
  edited(): void {
    this.saved = null
    if (!this.checking) return
    clearTimeout(this.checkTimer)
    this.checkTimer = setTimeout(
      () =>
        void this.refresh(async () => {
          this.problems = await this.answer(backend().checkLexicon(this.cleaned))
        }),
      CHECK_AFTER,
    )
  }

  problemsAt(path: string): ClinicProblem[] {
    return this.problems.filter((problem) => problem.path === path)
  }

  async save(): Promise<void> {
    if (this.saving) return
    this.saving = true
    this.checking = true
    const { generation } = this
    await this.run(async () => {
      const outcome = await this.answer(backend().saveLexicon(this.view?.version ?? 0, this.cleaned))
      if (outcome.outcome === 'refused') {
        this.problems = outcome.problems
        return
      }
      const view = await this.answer(backend().loadLexicon())
      this.take(view)
      this.retriage = view.retriage
      this.saved = outcome.version
      await this.search()
    })
    if (generation === this.generation) this.saving = false
  }

  /** What triage says of a text, by the draft. */
  async try(text: string): Promise<TriedText | null> {
    let tried: TriedText | null = null
    await this.run(async () => {
      tried = await this.answer(backend().tryText(text, this.changed ? this.cleaned : null))
      if (tried.problems.length > 0) {
        this.problems = tried.problems
        this.checking = true
      }
    })
    return tried
  }

  refreshRetriage(): Promise<void> {
    return this.refresh(() => this.askRetriage())
  }

  private async askRetriage(): Promise<void> {
    const before = this.retriage?.state
    this.retriage = await this.answer(backend().loadRetriage())
    // What rules raised has changed.
    if (before !== 'complete' && this.retriage.state === 'complete') await this.search()
  }

  cancelRetriage(): Promise<void> {
    return this.run(async () => {
      await this.answer(backend().cancelRetriage())
      await this.askRetriage()
    })
  }

  resumeRetriage(): Promise<void> {
    return this.run(async () => {
      await this.answer(backend().resumeRetriage())
      await this.askRetriage()
    })
  }

  clear(): void {
    clearTimeout(this.checkTimer)
    clearTimeout(this.searchTimer)
    this.generation += 1
    this.open = false
    this.view = null
    this.retriage = null
    this.draft = nothing()
    this.rows = []
    this.query = ''
    this.category = ''
    this.problems = []
    this.error = null
    this.saving = false
    this.saved = null
    this.checking = false
  }

  /** What somebody asked for: the error before it is gone when it succeeds. */
  private run(act: () => Promise<void>): Promise<void> {
    return this.refresh(async () => {
      await act()
      this.error = null
    })
  }

  /** What nobody asked for: it says when it fails and leaves an error that is shown where it is. */
  private async refresh(act: () => Promise<void>): Promise<void> {
    try {
      await act()
    } catch (thrown) {
      if (thrown !== OUTDATED) this.error = asAppError(thrown)
    }
  }

  /** The answer, or failure, of what was asked, unless the vault was locked meanwhile. */
  private answer<T>(asked: Promise<T>): Promise<T> {
    return unlessOutdated(asked, () => this.generation)
  }
}

export const rules = new Rules()
