// The fake backend's rules: those that the sample clinic's flags name, the clinic's own words, and judging again in steps.
import {
  wholeLexicon,
  type AppError,
  type AppEvent,
  type Backend,
  type ClinicLexicon,
  type ClinicProblem,
  type ClinicProblemKind,
  type FlagView,
  type MessageView,
  type RetriageState,
  type RuleRow,
  type ThreadDetail,
} from '../backend'
import { cut, SAMPLE_NOW } from './build'

type LexiconCommands = Pick<
  Backend,
  | 'loadLexicon'
  | 'checkLexicon'
  | 'saveLexicon'
  | 'listRules'
  | 'tryText'
  | 'loadRetriage'
  | 'cancelRetriage'
  | 'resumeRetriage'
  | 'reportMissed'
  | 'withdrawMissed'
  | 'exportFeedback'
>

const COMMON = new Set(['the', 'a', 'and', 'i', 'is', 'der', 'die', 'das', 'und', 'ich', 'ist'])

function problemsOf(draft: ClinicLexicon): ClinicProblem[] {
  const found: ClinicProblem[] = []
  const say = (path: string, problem: ClinicProblemKind) => found.push({ path, problem })
  const ids = new Set<string>()
  wholeLexicon(draft).words.forEach((words, at) => {
    if (!/^[A-Za-z0-9-]+$/.test(words.id)) say(`words[${at}].id`, 'id')
    else if (ids.has(words.id)) say(`words[${at}].id`, 'duplicate_id')
    ids.add(words.id)
    if (words.reason.trim() === '') say(`words[${at}].reason`, 'reason')
    if (words.phrases.length === 0) say(`words[${at}].phrases`, 'no_phrase')
    words.phrases.forEach((phrase, number) => {
      if (phrase.split(/\s+/).every((word) => COMMON.has(word.toLowerCase())))
        say(`words[${at}].phrases[${number}]`, 'only_common_words')
    })
  })
  return found
}

const textOf = (entry: MessageView): string => entry.segments.map((segment) => segment.text).join('')

/** The flags of a draft's own phrases in a text. */
function ownFlags(text: string, draft: ClinicLexicon): FlagView[] {
  return wholeLexicon(draft).words.flatMap((words) => {
    const hit = words.phrases.find((phrase) => text.toLowerCase().includes(phrase.toLowerCase()))
    if (hit === undefined) return []
    const start = text.toLowerCase().indexOf(hit.toLowerCase())
    const flag: FlagView = {
      id: `own-${words.id}-${start}`,
      rule: `clinic.${words.id}`,
      reason: words.reason,
      category: words.category,
      tier: words.tier,
      text: text.slice(start, start + hit.length),
      context: [],
      demoted: false,
      dismissed: false,
    }
    return [flag]
  })
}

export function lexiconCommands(
  threads: ThreadDetail[],
  emit: (event: AppEvent) => void,
  changed: (detail: ThreadDetail) => void,
  slow: boolean,
): LexiconCommands {
  let version = 0
  let lexicon = wholeLexicon({})
  let state: RetriageState = 'complete'
  let done = 0
  const inbound = () =>
    threads.flatMap((detail) =>
      detail.messages.filter((entry) => entry.role !== 'clinician').map((entry) => ({ detail, entry })),
    )
  const find = (message: string) => {
    const found = inbound().find(({ entry }) => entry.id === message)
    if (!found) throw { code: 'no_such_message', retryable: false, params: [] } satisfies AppError
    return found
  }

  const rules = (): RuleRow[] => {
    const rows = new Map<string, RuleRow>()
    const add = (flag: Pick<FlagView, 'rule' | 'category' | 'tier' | 'reason'>, own: boolean): RuleRow => {
      const known = rows.get(flag.rule)
      if (known) return known
      const row: RuleRow = {
        id: flag.rule,
        category: flag.category,
        tier: flag.tier === 'none' ? 'watch' : flag.tier,
        reason: flag.reason,
        source: 'C-SSRS screener',
        positive: own ? [] : ['I have the tablets here.'],
        negative: own ? [] : ['I have no tablets left.'],
        watch_only: lexicon.watch_only.includes(flag.rule),
        signed: false,
        own,
        raised: 0,
        wrong: 0,
      }
      rows.set(flag.rule, row)
      return row
    }
    for (const words of lexicon.words) add({ ...words, rule: `clinic.${words.id}` }, true)
    for (const { entry } of inbound())
      for (const flag of entry.flags) {
        const row = add(flag, flag.rule.startsWith('clinic.'))
        row.raised += 1
        if (flag.dismissed) row.wrong += 1
      }
    return [...rows.values()].toSorted((a, b) => a.id.localeCompare(b.id))
  }

  const judge = ({ detail, entry }: { detail: ThreadDetail; entry: MessageView }) => {
    const text = textOf(entry)
    const kept = entry.flags.filter((flag) => !flag.rule.startsWith('clinic.'))
    const own = ownFlags(text, lexicon)
    if (own.length === 0 && kept.length === entry.flags.length) return
    entry.flags = [...kept, ...own]
    entry.segments = cut(text, entry.flags)
    changed(detail)
  }
  const step = () => {
    if (state !== 'running') return
    const all = inbound()
    for (const found of all.slice(done, done + 5)) judge(found)
    done = Math.min(all.length, done + 5)
    if (done === all.length) state = 'complete'
    else setTimeout(step, slow ? 400 : 0)
    emit({ kind: 'retriage_changed' })
  }
  const retriage = () => {
    const total = inbound().length
    return { state, done: state === 'complete' ? total : done, total, problem: null }
  }

  return {
    loadLexicon: async () => ({
      version,
      saved_at: version === 0 ? null : SAMPLE_NOW,
      lexicon: structuredClone(lexicon),
      problem: null,
      retriage: retriage(),
    }),
    checkLexicon: async (draft) => problemsOf(draft),
    saveLexicon: async (base, draft) => {
      const problems = problemsOf(draft)
      if (problems.length > 0) return { outcome: 'refused', problems }
      if (base !== version) throw { code: 'lexicon_changed', retryable: false, params: [] } satisfies AppError
      version += 1
      lexicon = structuredClone(wholeLexicon(draft))
      state = 'running'
      done = 0
      setTimeout(step, slow ? 400 : 0)
      return { outcome: 'saved', version }
    },
    listRules: async (query, category) => {
      const wanted = query.toLowerCase().split(/\s+/)
      const holds = (row: RuleRow) =>
        wanted.every((word) => `${row.id} ${row.category} ${row.reason}`.toLowerCase().includes(word))
      return rules().filter((row) => (category === null || row.category === category) && holds(row))
    },
    tryText: async (text, draft) => {
      const problems = draft === null ? [] : problemsOf(draft)
      const flags = problems.length > 0 ? [] : ownFlags(text, draft ?? lexicon)
      const tier = flags[0]?.tier ?? 'none'
      return { tier, segments: cut(text, flags), flags, checked: 'full', not_checked: [], problems }
    },
    loadRetriage: async () => retriage(),
    cancelRetriage: async () => {
      if (state === 'running') state = 'paused'
    },
    resumeRetriage: async () => {
      if (state === 'complete') return
      state = 'running'
      setTimeout(step, slow ? 400 : 0)
    },
    reportMissed: async (message, category, wording) => {
      const { detail, entry } = find(message)
      entry.missed = [...entry.missed.filter((report) => report.category !== category), { category, wording }]
      changed(detail)
    },
    withdrawMissed: async (message, category) => {
      const { detail, entry } = find(message)
      entry.missed = entry.missed.filter((report) => report.category !== category)
      changed(detail)
    },
    exportFeedback: async (includeSensitive) => {
      const counted = rules().map(({ id, category, tier, raised, wrong }) => ({
        rule: id,
        category,
        tier,
        raised,
        wrong,
      }))
      let leftOut = 0
      const missed = inbound().flatMap(({ detail, entry }) =>
        entry.missed.map((report) => {
          if (includeSensitive || !detail.row.sensitive || report.wording === '') return report
          leftOut += 1
          return { ...report, wording: '' }
        }),
      )
      const text = JSON.stringify({ lexicon_version: version, rules: counted, missed }, null, 2)
      return { text, sensitive_left_out: leftOut }
    },
  }
}
