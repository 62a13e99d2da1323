// Short ways to write the sample clinic down: from one line to a full view model.
import type {
  AfterHoursReason,
  Category,
  ContextMark,
  FlagView,
  MessageFunction,
  MessageView,
  PatientBanner,
  SharingView,
  Segment,
  SenderRole,
  ThreadDetail,
  ThreadRow,
  Tier,
} from '../backend'

/** The sample clinic's morning: Monday 23-Nov-2026, 07:54 in Berlin. */
export const SAMPLE_NOW = '2026-11-23T06:54:00.000Z'
export const ZONE = 'Europe/Berlin'
export const CLINICIAN = 'Dr. A. Adler'

/** An instant from the clinic's wall clock in winter, for example `'23 07:31'`. */
export function at(wall: string): string {
  const [day, time] = wall.split(' ')
  return new Date(`2026-11-${day}T${time}:00+01:00`).toISOString()
}

export interface FlagSpec {
  words: string
  rule: string
  reason: string
  category: Category
  tier: Tier
  context?: ContextMark[]
  demoted?: boolean
}

export interface MessageSpec {
  when: string
  from: 'patient' | 'me' | 'colleague' | 'proxy'
  text: string
  name?: string
  night?: AfterHoursReason
  flags?: FlagSpec[]
  read?: boolean
  fn?: MessageFunction
  patch?: Partial<MessageView>
}

let nextId = 100
const id = () => String(nextId++)

/** Cuts a text at its flags, as the use cases do in Rust. */
export function cut(text: string, flags: FlagView[]): Segment[] {
  const spans = flags
    .map((flag, index) => ({ index, start: text.indexOf(flag.text), end: text.indexOf(flag.text) + flag.text.length }))
    .filter((span) => span.start >= 0)
  const edges = [...new Set([0, text.length, ...spans.flatMap((span) => [span.start, span.end])])].sort((a, b) => a - b)
  return edges.slice(1).map((end, i) => {
    const start = edges[i] ?? 0
    const covering = spans.filter((span) => span.start <= start && span.end >= end).map((span) => span.index)
    return { text: text.slice(start, end), flags: covering, revealed: false, link: null }
  })
}

export function message(spec: MessageSpec, patient: string): MessageView {
  const flags: FlagView[] = (spec.flags ?? []).map((flag) => ({
    id: id(),
    rule: flag.rule,
    reason: flag.reason,
    category: flag.category,
    tier: flag.tier,
    text: flag.words,
    context: flag.context ?? [],
    demoted: flag.demoted ?? false,
    dismissed: false,
  }))
  const own = spec.from === 'me'
  const role: SenderRole = spec.from === 'me' || spec.from === 'colleague' ? 'clinician' : spec.from
  const sentAt = at(spec.when)
  return {
    id: id(),
    outbox_id: null,
    role,
    sender: spec.name ?? (own ? CLINICIAN : patient),
    own,
    sent_at: sentAt,
    sent_precision: 'instant',
    received: sentAt,
    stored_at: sentAt,
    marks: [],
    after_hours: spec.night ?? null,
    next_open: spec.night ? at('23 08:00') : null,
    segments: cut(spec.text, flags),
    cut: false,
    flags,
    missed: [],
    checked: 'full',
    not_checked: [],
    functions: spec.fn ? [spec.fn] : [],
    withdrawn: false,
    quarantined: false,
    read: spec.read ?? own,
    delivery: null,
    not_before: null,
    delivered_at: null,
    delivery_error: null,
    attachments: [],
    ...spec.patch,
  }
}

export interface ThreadSpec {
  patient: Partial<PatientBanner> & { family: string; given: string }
  topic: string
  messages: MessageSpec[]
  row?: Partial<ThreadRow>
  sharing?: Partial<SharingView>
  readers?: string[]
  draft?: string
}

const RANK: Record<Tier, number> = { none: 0, watch: 1, urgent: 2, emergency: 3 }

/** The row's facts from the messages, as the vault keeps them. */
export function rowFacts(detail: ThreadDetail): Partial<ThreadRow> {
  const last = detail.messages.at(-1)
  const inbound = detail.messages.filter((entry) => entry.role !== 'clinician')
  const unread = inbound.filter((entry) => !entry.read)
  const open = inbound
    .flatMap((entry) => entry.flags.map((flag) => ({ flag, entry })))
    .filter(({ flag }) => !flag.demoted && !flag.dismissed)
    .sort((a, b) => RANK[b.flag.tier] - RANK[a.flag.tier])
  const top = open[0]
  return {
    preview: last ? last.segments.map((segment) => segment.text).join('') : '',
    preview_from: last?.role ?? 'patient',
    last_message_at: last?.sent_at ?? SAMPLE_NOW,
    flagged_at: top?.entry.sent_at ?? null,
    tier: top?.flag.tier ?? 'none',
    category: top?.flag.category ?? null,
    rule: top?.flag.rule ?? null,
    after_hours: unread.find((entry) => entry.after_hours)?.after_hours ?? null,
    unread: unread.length,
    not_checked: [...new Set(unread.flatMap((entry) => entry.not_checked))],
    function: inbound.at(-1)?.functions[0] ?? null,
    attachments: inbound.reduce((sum, entry) => sum + entry.attachments.length, 0),
  }
}

export function thread(spec: ThreadSpec): ThreadDetail {
  const key = id()
  const patient: PatientBanner = {
    id: id(),
    birth_date: null,
    age: null,
    gender: null,
    identifier: null,
    phone: null,
    languages: [],
    country: 'DE',
    contacts: [],
    proxies: [],
    deceased: false,
    ...spec.patient,
  }
  const detail: ThreadDetail = {
    row: {
      id: key,
      family: patient.family,
      given: patient.given,
      topic: spec.topic,
      preview: '',
      preview_from: 'patient',
      last_message_at: SAMPLE_NOW,
      flagged_at: null,
      tier: 'none',
      category: null,
      rule: null,
      after_hours: null,
      unread: 0,
      not_checked: [],
      function: null,
      reply: spec.draft ? 'draft' : null,
      reply_not_before: null,
      case: null,
      case_deadline: null,
      attachments: 0,
      claimed_by: null,
      covered_for: null,
      snoozed_until: null,
      sensitive: false,
      masked: false,
      status: 'open',
    },
    patient,
    other_readers: spec.readers ?? [],
    inferred: false,
    messages: spec.messages.map((entry) => message(entry, `${patient.given} ${patient.family}`)),
    draft: spec.draft ?? '',
    case: null,
    sharing: { possible: true, claim: null, work: null, handovers: [], ...spec.sharing },
  }
  Object.assign(detail.row, rowFacts(detail), spec.row)
  return detail
}
