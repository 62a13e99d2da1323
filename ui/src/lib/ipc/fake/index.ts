// The fake backend: a small sample clinic in memory that behaves like the shell, slowly enough to see states change.
// It is loaded by a dynamic import in `design` mode and in tests only; the release build does not contain it.
import type {
  AppError,
  AppEvent,
  Backend,
  KeysView,
  LockedView,
  MessageView,
  PolicyView,
  PublicationView,
  Place,
  Preferences,
  SendCheck,
  SessionState,
  Staleness,
  ThreadDetail,
  ThreadRow,
  UpkeepView,
  VaultEntry,
  View,
  WatchView,
} from '../backend'
import { availabilityCommands } from './availability'
import { at, CLINICIAN, rowFacts, SAMPLE_NOW, ZONE } from './build'
import { sampleThreads } from './clinic'
import { hoursCommands } from './hours'
import { keyCommands } from './keys'
import { lexiconCommands } from './lexicon'
import { SAMPLE_RESPONSES } from './responses'
import { sensitiveMasks } from './sensitive'
import { sharingCommands } from './sharing'
import { upkeepCommands, upkeepProblem } from './upkeep'

export { SAMPLE_NOW } from './build'

export interface FakeOptions {
  session?: SessionState
  preferences?: Preferences
  policy?: Partial<PolicyView>
  keys?: Partial<KeysView>
  upkeep?: Partial<UpkeepView>
  staleness?: Partial<Staleness>
  publication?: Partial<PublicationView>
  watches?: WatchView[]
  duty?: { on_duty: boolean; until: string }
  /** Delay before an answer, in milliseconds. */
  delay?: number
  /** Commands that fail, by name. */
  failing?: Partial<Record<keyof Backend, AppError>>
  /** Judging again takes long enough to be cancelled. */
  slowRetriage?: boolean
  /** Copies of the waiting threads, for long lists. */
  many?: number
}

export interface FakeBackend extends Backend {
  emit(event: AppEvent): void
  threads: ThreadDetail[]
  calls: [string, ...unknown[]][]
  failing: Partial<Record<keyof Backend, AppError>>
}

const RANK = { none: 0, watch: 1, urgent: 2, emergency: 3 }
const VIEWS: View[] = [
  'needs-attention',
  'waiting-for-me',
  'after-hours',
  'unflagged-unread',
  'waiting-for-patient',
  'snoozed',
  'sent-and-scheduled',
  'closed',
]

function holds(view: View, row: ThreadRow): boolean {
  const open = row.status === 'open'
  const answered = row.reply !== null && row.reply !== 'draft' && row.reply !== 'failed'
  const fromPatient = row.preview_from !== 'clinician'
  switch (view) {
    case 'needs-attention':
      return row.tier !== 'none' || row.not_checked.length > 0 || (row.case !== null && row.case !== 'closed')
    case 'waiting-for-me':
      return open && !row.snoozed_until && fromPatient && !answered
    case 'after-hours':
      return open && row.after_hours !== null
    case 'unflagged-unread':
      return row.unread > 0 && row.tier === 'none'
    case 'waiting-for-patient':
      return open && !row.snoozed_until && (!fromPatient || answered)
    case 'snoozed':
      return open && row.snoozed_until !== null
    case 'sent-and-scheduled':
      return row.reply !== null && row.reply !== 'draft'
    case 'closed':
      return !open
  }
}

// One transparent pixel (PNG).
const SAMPLE_PICTURE =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const NO_POLICY: PolicyView = {
  state: 'absent',
  file: '/etc/anteroom/policy.toml',
  problems: [],
  set: [],
  portal_url: null,
  idle_seconds: 300,
  watch_while_locked: 'on-duty',
  least_passphrase: 0,
  pin_allowed: false,
  retention_days: null,
  sharing: true,
  update_channel: 'stable',
  leads: [],
  escrow: false,
  packs: [],
}
const VAULT: VaultEntry = { dir: 'sample', name: 'Dr. A. Adler, outpatient clinic', key: 'ready' }

export function createFakeBackend(options: FakeOptions = {}): FakeBackend {
  const threads = sampleThreads()
  for (let copy = 1; copy <= (options.many ?? 0); copy += 1) {
    const source = threads[4 + (copy % 6)]!
    threads.push({
      ...structuredClone(source),
      row: { ...source.row, id: `copy-${copy}`, given: `${source.row.given} ${copy}` },
    })
  }
  let session: SessionState = options.session ?? {
    state: 'unlocked',
    vault: VAULT.name,
    practitioner: CLINICIAN,
    demo: true,
    place: null,
  }
  let preferences: Preferences = options.preferences ?? { language: 'en', theme: 'system' }
  let tries = 5
  let place: Place | null = null
  let nextOutbox = 50
  const handlers = new Set<(event: AppEvent) => void>()
  const calls: FakeBackend['calls'] = []
  const failing = options.failing ?? {}
  const unreadable = [
    { portal_type: 'Communication', portal_id: 'c-9041', reason: 'invalid_json', first_seen: at('22 23:05') },
  ]

  const emit = (event: AppEvent) => handlers.forEach((handle) => handle(event))
  const changed = (detail: ThreadDetail) => {
    Object.assign(detail.row, rowFacts(detail))
    emit({ kind: 'threads_changed', threads: [detail.row.id] })
  }
  const upkeepKeeping = upkeepCommands(
    options.upkeep ?? {},
    () => (session = { state: 'unlocked', vault: VAULT.name, practitioner: CLINICIAN, demo: true, place: null }),
    () => emit({ kind: 'status_changed' }),
  )
  const find = (id: string): ThreadDetail => {
    const found = threads.find((entry) => entry.row.id === id)
    if (!found) throw { code: 'not_found', retryable: false, params: [] } satisfies AppError
    return found
  }
  const masks = sensitiveMasks(find, changed)
  const findCase = (id: string) => {
    const detail = threads.find((entry) => entry.case?.id === id)
    if (!detail?.case) throw { code: 'not_found', retryable: false, params: [] } satisfies AppError
    return { detail, record: detail.case }
  }
  const rowsOf = (view: View) => {
    const rows = threads.map((entry) => entry.row).filter((row) => holds(view, row))
    return view === 'needs-attention'
      ? rows.sort((a, b) => RANK[b.tier] - RANK[a.tier] || a.last_message_at.localeCompare(b.last_message_at))
      : rows.sort((a, b) => b.last_message_at.localeCompare(a.last_message_at))
  }
  const pending = () =>
    threads.filter((entry) => ['queued', 'scheduled', 'sending'].includes(entry.row.reply ?? '')).length
  const deliver = (detail: ThreadDetail, reply: MessageView) => {
    if (options.staleness?.problem || reply.delivery !== 'queued') return
    reply.delivery = 'sent'
    reply.delivered_at = SAMPLE_NOW
    detail.row.reply = 'sent'
    changed(detail)
    emit({ kind: 'status_changed' })
  }

  const implementation: Backend = {
    sessionState: async () => session,
    unlockVault: async (_dir, passphrase) => {
      const vault = session.state === 'locked' ? session.vaults.find((entry) => entry.dir === _dir) : undefined
      if (vault && vault.key !== 'ready' && vault.key !== 'passphrase_only') return { outcome: 'key', key: vault.key }
      if (passphrase === 'wrong') {
        tries = Math.max(0, tries - 1)
        return { outcome: 'wrong_passphrase', tries_left: tries, wait_seconds: tries === 0 ? 30 : 0 }
      }
      session = { state: 'unlocked', vault: VAULT.name, practitioner: CLINICIAN, demo: true, place }
      return { outcome: 'unlocked' }
    },
    recoverVault: async (_dir, code) => {
      if (code.length < 20) throw { code: 'wrong_recovery_code', retryable: false, params: [] } satisfies AppError
      session = { state: 'unlocked', vault: VAULT.name, practitioner: CLINICIAN, demo: true, place: null }
      return { outcome: 'unlocked' }
    },
    createVault: async () => ({ recovery_code: 'K7QD-3MXA-9TRH-WE2C-5PNF-8VYJ-4GLB' }),
    signIn: async () => emit({ kind: 'status_changed' }),
    signOut: async () => {
      emit({ kind: 'status_changed' })
      return { revoked: true }
    },
    loadConnection: async () => ({
      portal_url: 'https://portal.example/fhir',
      practitioner: 'Practitioner/17',
      redirect_port: null,
      signed_in: true,
    }),
    lockVault: async (from) => {
      masks.turnTo(null)
      place = from
      const left: LockedView = {
        dir: VAULT.dir,
        reason: 'asked',
        at: SAMPLE_NOW,
        undelivered: pending(),
        undelivered_crisis: options.staleness?.crisis_pending ?? 0,
        draft_unsure: false,
      }
      session = { state: 'locked', vaults: [VAULT], left: [left] }
      emit({ kind: 'locked' })
    },
    ...keyCommands(
      options.keys ?? {},
      () => (session = { state: 'unlocked', vault: VAULT.name, practitioner: CLINICIAN, demo: true, place: null }),
    ),
    loadPolicy: async () => ({ ...NO_POLICY, ...options.policy }),
    answerLock: async (from, saved) => {
      place = saved ? from : place
    },
    loadWatches: async () => options.watches ?? [],
    noteActivity: async () => undefined,
    loadPreferences: async () => preferences,
    savePreferences: async (next) => {
      preferences = next
    },
    loadOverview: async () => ({
      views: VIEWS.map((view) => [view, rowsOf(view).length + (view === 'needs-attention' ? unreadable.length : 0)]),
      functions: (['reporting_feedback', 'organisational', 'interpersonal', 'intrapersonal'] as const).map((name) => [
        name,
        rowsOf('waiting-for-me').filter((row) => row.function === name).length,
      ]),
      staleness: {
        complete_until: at('23 07:54'),
        last_success: at('23 07:54'),
        syncing: false,
        live: true,
        first_fill: null,
        problem: null,
        pending: pending(),
        stuck: threads.filter((entry) => ['held', 'unknown', 'failed'].includes(entry.row.reply ?? '')).length,
        crisis_pending: 0,
        ...options.staleness,
      },
      duty: { reason: 'open', zone: ZONE, ...(options.duty ?? { on_duty: true, until: at('23 12:30') }) },
      open_cases: threads.filter((entry) => entry.case && entry.case.state !== 'closed').length,
      next_deadline: at('23 09:00'),
      upkeep: upkeepProblem(await upkeepKeeping.loadUpkeep()),
      search_left: 0,
    }),
    listThreads: async (view, fn, offset, limit) => {
      const rows = rowsOf(view).filter((row) => fn === null || row.function === fn)
      return {
        rows: structuredClone(rows.slice(offset, offset + limit).map(masks.row)),
        unreadable: view === 'needs-attention' && fn === null ? unreadable : [],
        total: rows.length + (view === 'needs-attention' && fn === null ? unreadable.length : 0),
      }
    },
    loadThread: async (id) => structuredClone(masks.load(id)),
    loadMessageText: async (id) => {
      const found = threads.flatMap((entry) => entry.messages).find((entry) => entry.id === id)
      return found?.segments ?? []
    },
    openLink: async () => {},
    loadAttachment: async (id, n) => {
      const found = threads.flatMap((entry) => entry.messages).find((entry) => entry.id === id)?.attachments[n]
      if (!found) throw { code: 'no_such_attachment', retryable: false, params: [] }
      // Judged by the bytes, as in the vault: the sample picture is one whatever it is called.
      const picture = found.id === 'a2'
      return {
        content_type: picture ? 'image/png' : found.content_type,
        size: found.size ?? 0,
        data: picture ? SAMPLE_PICTURE : null,
      }
    },
    markThreadRead: async (id) => {
      masks.refuse(id)
      find(id).messages.forEach((entry) => (entry.read = true))
    },
    saveDraft: async (id, text) => {
      const detail = find(id)
      detail.draft = text
      if (detail.row.reply === null || detail.row.reply === 'draft') detail.row.reply = text ? 'draft' : null
    },
    listResponses: async (_id, query) =>
      SAMPLE_RESPONSES.filter((entry) => `${entry.title} ${entry.group}`.toLowerCase().includes(query.toLowerCase())),
    checkReply: async (request) => {
      const checks: SendCheck[] = []
      if (request.text.trim() === '') checks.push({ code: 'empty_text', blocks: true, params: [] })
      for (const [, name] of request.text.matchAll(/\{([a-z_]+)\}/g))
        checks.push({ code: 'empty_slot', blocks: true, params: [['slot', name ?? '']] })
      const detail = find(request.thread)
      const stranger = threads.find(
        (entry) => entry.row.family !== detail.row.family && new RegExp(`\\b${entry.row.given}\\b`).test(request.text),
      )
      if (stranger) checks.push({ code: 'other_patient_name', blocks: true, params: [['name', stranger.row.given]] })
      if (detail.patient && detail.patient.proxies.length > 0)
        checks.push({
          code: 'proxy_can_read',
          blocks: false,
          params: [['names', detail.patient.proxies.map((entry) => entry.name).join(', ')]],
        })
      return checks
    },
    enqueueReply: async (request) => {
      const detail = find(request.thread)
      const id = `o-${nextOutbox++}`
      const scheduled = request.not_before !== null
      const reply: MessageView = {
        ...structuredClone(detail.messages[0]!),
        id: '',
        outbox_id: id,
        role: 'clinician',
        sender: CLINICIAN,
        own: true,
        sent_at: SAMPLE_NOW,
        after_hours: null,
        segments: [{ text: request.text, flags: [], revealed: false, link: null }],
        flags: [],
        missed: [],
        checked: 'full',
        not_checked: [],
        attachments: [],
        marks: [],
        delivery: scheduled ? 'scheduled' : 'queued',
        not_before: request.not_before,
      }
      detail.messages.push(reply)
      detail.draft = ''
      detail.row.reply = reply.delivery
      detail.row.reply_not_before = request.not_before
      changed(detail)
      emit({ kind: 'status_changed' })
      if (!scheduled) setTimeout(() => deliver(detail, reply), options.delay === 0 ? 0 : 6000)
      return {
        id,
        client_identifier: id,
        thread: request.thread,
        state: scheduled ? 'scheduled' : 'queued',
        attempts: 0,
        not_before: request.not_before,
        undo_until: scheduled || detail.case ? null : SAMPLE_NOW,
        error: null,
      }
    },
    listOutbox: async () => [],
    resolveOutbox: async (id, send) => {
      const detail = threads.find((entry) => entry.messages.some((message) => message.outbox_id === id))
      const held = detail?.messages.find((message) => message.outbox_id === id)
      if (!detail || !held) return
      if (send) held.delivery = 'queued'
      else detail.messages = detail.messages.filter((message) => message !== held)
      detail.row.reply = send ? 'queued' : null
      changed(detail)
      if (send) setTimeout(() => deliver(detail, held), 3000)
    },
    undoReply: async (id) => {
      const detail = threads.find((entry) => entry.messages.some((message) => message.outbox_id === id))
      const reply = detail?.messages.find((message) => message.outbox_id === id)
      if (!detail || !reply) return
      if (reply.delivery === 'sent')
        throw { code: 'wrong_outbox_state', retryable: false, params: [] } satisfies AppError
      detail.messages = detail.messages.filter((message) => message !== reply)
      detail.draft = reply.segments.map((segment) => segment.text).join('')
      detail.row.reply = 'draft'
      changed(detail)
    },
    search: async (query, limit) => {
      const needle = query.toLowerCase()
      return threads
        .flatMap((detail) =>
          detail.messages.map((entry) => ({
            detail,
            entry,
            text: entry.segments.map((segment) => segment.text).join(''),
          })),
        )
        .filter(({ detail, text }) => `${detail.row.family} ${detail.row.given} ${text}`.toLowerCase().includes(needle))
        .slice(0, limit)
        .map(({ detail, entry, text }) => {
          const hit = text.toLowerCase().indexOf(needle)
          const from = Math.max(0, hit - 40)
          const snippet =
            hit < 0
              ? text.slice(0, 120)
              : `${text.slice(from, hit)}\u0002${text.slice(hit, hit + needle.length)}\u0003${text.slice(hit + needle.length, hit + 90)}`
          return masks.hit({
            message: entry.id,
            thread: detail.row.id,
            patient: `${detail.row.family.toUpperCase()}, ${detail.row.given}`,
            sent: entry.sent_at,
            snippet,
            sensitive: detail.row.sensitive,
            masked: false,
          })
        })
    },
    syncNow: async () => emit({ kind: 'status_changed' }),
    stopFirstFill: async () => emit({ kind: 'status_changed' }),
    acknowledgeCase: async (id) => {
      const { detail, record } = findCase(id)
      Object.assign(record, { state: 'acknowledged', acknowledged_at: SAMPLE_NOW, deadline: null })
      detail.row.case = 'acknowledged'
      changed(detail)
    },
    logAttempt: async (id, outcome, number, next) => {
      const { detail, record } = findCase(id)
      record.attempts.push({ at: SAMPLE_NOW, outcome, number, next })
      Object.assign(record, { state: 'in-work', acknowledged_at: record.acknowledged_at ?? SAMPLE_NOW, deadline: null })
      changed(detail)
    },
    setStep: async (id, n, done, reason) => {
      const { detail, record } = findCase(id)
      const step = record.steps.find((entry) => entry.n === n)
      if (step)
        Object.assign(step, {
          state: done ? 'done' : reason ? 'skipped' : 'open',
          reason,
          at: SAMPLE_NOW,
          by: CLINICIAN,
        })
      changed(detail)
    },
    closeCase: async (id, outcome) => {
      const { detail, record } = findCase(id)
      Object.assign(record, { state: 'closed', outcome })
      detail.row.case = 'closed'
      detail.case = null
      detail.messages.forEach((entry) => entry.flags.forEach((flag) => (flag.dismissed = true)))
      changed(detail)
      emit({ kind: 'status_changed' })
    },
    dismissFlag: async (id, dismissed) => {
      const detail = threads.find((entry) =>
        entry.messages.some((message) => message.flags.some((flag) => flag.id === id)),
      )
      const flag = detail?.messages.flatMap((message) => message.flags).find((entry) => entry.id === id)
      if (!detail || !flag) return
      flag.dismissed = dismissed
      changed(detail)
    },
    ...lexiconCommands(threads, emit, changed, options.slowRetriage ?? options.delay !== 0),
    snoozeThread: async (id, until) => {
      const detail = find(id)
      detail.row.snoozed_until = until
      changed(detail)
    },
    setThreadClosed: async (id, closed) => {
      const detail = find(id)
      detail.row.status = closed ? 'closed' : 'open'
      changed(detail)
    },
    ...availabilityCommands(() => emit({ kind: 'status_changed' })),
    ...masks.commands,
    ...sharingCommands(find, changed),
    ...hoursCommands(options.publication),
    ...upkeepKeeping,
    reportPainted: async () => {},
    answerClose: async () => {},
    onEvent: async (handle) => {
      handlers.add(handle)
      return () => handlers.delete(handle)
    },
  }

  /** Every command is recorded, may be told to fail, and takes a moment. */
  const wrapped = Object.fromEntries(
    Object.entries(implementation).map(([name, command]) => [
      name,
      async (...args: unknown[]) => {
        calls.push([name, ...args])
        const failure = failing[name as keyof Backend]
        if (options.delay !== 0) await new Promise((resolve) => setTimeout(resolve, options.delay ?? 15))
        if (failure) throw failure
        return (command as (...all: unknown[]) => Promise<unknown>)(...args)
      },
    ]),
  ) as unknown as Backend
  return { ...wrapped, emit, threads, calls, failing }
}
