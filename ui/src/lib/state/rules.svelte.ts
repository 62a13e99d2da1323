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

const CHECK_AFTER = 250

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
  private timer: ReturnType<typeof setTimeout> | undefined
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
      const view = await backend().loadLexicon()
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
      this.take(await backend().loadLexicon())
      this.saved = null
    })
  }

  async search(): Promise<void> {
    const asked = ++this.asked
    const rows = await backend().listRules(this.query, this.category === '' ? null : this.category)
    if (asked === this.asked) this.rows = rows
  }

  searchSoon(): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => void this.run(() => this.search()), 120)
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
    clearTimeout(this.timer)
    this.timer = setTimeout(
      () =>
        void this.run(async () => {
          this.problems = await backend().checkLexicon(this.cleaned)
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
    await this.run(async () => {
      const outcome = await backend().saveLexicon(this.view?.version ?? 0, this.cleaned)
      if (outcome.outcome === 'refused') {
        this.problems = outcome.problems
        return
      }
      const view = await backend().loadLexicon()
      this.take(view)
      this.retriage = view.retriage
      this.saved = outcome.version
      await this.search()
    })
    this.saving = false
  }

  /** What triage says of a text, by the draft. */
  async try(text: string): Promise<TriedText | null> {
    let tried: TriedText | null = null
    await this.run(async () => {
      tried = await backend().tryText(text, this.changed ? this.cleaned : null)
      if (tried.problems.length > 0) {
        this.problems = tried.problems
        this.checking = true
      }
    })
    return tried
  }

  async refreshRetriage(): Promise<void> {
    await this.run(async () => {
      const before = this.retriage?.state
      this.retriage = await backend().loadRetriage()
      // What rules raised has changed.
      if (before !== 'complete' && this.retriage.state === 'complete') await this.search()
    })
  }

  cancelRetriage(): Promise<void> {
    return this.run(async () => {
      await backend().cancelRetriage()
      await this.refreshRetriage()
    })
  }

  resumeRetriage(): Promise<void> {
    return this.run(async () => {
      await backend().resumeRetriage()
      await this.refreshRetriage()
    })
  }

  clear(): void {
    clearTimeout(this.timer)
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

  private async run(act: () => Promise<void>): Promise<void> {
    try {
      await act()
      this.error = null
    } catch (thrown) {
      this.error = asAppError(thrown)
    }
  }
}

export const rules = new Rules()
