// The commands, events and types of the shell, in the shape in which tauri-specta writes them.

import { invoke as __TAURI_INVOKE } from "@tauri-apps/api/core";

/** Commands */
export const commands = {
	sessionState: () => typedError<SessionState, AppError>(__TAURI_INVOKE("session_state")),
	unlockVault: (dir: string, passphrase: string) => typedError<UnlockOutcome, AppError>(__TAURI_INVOKE("unlock_vault", { dir, passphrase })),
	recoverVault: (dir: string, recoveryCode: string, newPassphrase: string) => typedError<UnlockOutcome, AppError>(__TAURI_INVOKE("recover_vault", { dir, recoveryCode, newPassphrase })),
	createVault: (request: CreateVaultRequest) => typedError<CreatedVault, AppError>(__TAURI_INVOKE("create_vault", { request })),
	lockVault: () => typedError<null, AppError>(__TAURI_INVOKE("lock_vault")),
	loadPreferences: () => typedError<Preferences, AppError>(__TAURI_INVOKE("load_preferences")),
	savePreferences: (preferences: Preferences) => typedError<null, AppError>(__TAURI_INVOKE("save_preferences", { preferences })),
	loadOverview: () => typedError<Overview, AppError>(__TAURI_INVOKE("load_overview")),
	listThreads: (view: View, function_: MessageFunction | null, offset: number, limit: number) => typedError<ThreadPage, AppError>(__TAURI_INVOKE("list_threads", { view, function: function_, offset, limit })),
	loadThread: (thread: string) => typedError<ThreadDetail, AppError>(__TAURI_INVOKE("load_thread", { thread })),
	loadMessageText: (message: string) => typedError<Segment[], AppError>(__TAURI_INVOKE("load_message_text", { message })),
	markThreadRead: (thread: string) => typedError<null, AppError>(__TAURI_INVOKE("mark_thread_read", { thread })),
	saveDraft: (thread: string, text: string) => typedError<null, AppError>(__TAURI_INVOKE("save_draft", { thread, text })),
	listResponses: (thread: string, query: string) => typedError<ResponseView[], AppError>(__TAURI_INVOKE("list_responses", { thread, query })),
	checkReply: (request: ReplyRequest) => typedError<SendCheck[], AppError>(__TAURI_INVOKE("check_reply", { request })),
	enqueueReply: (request: ReplyRequest) => typedError<OutboxView, AppError>(__TAURI_INVOKE("enqueue_reply", { request })),
	listOutbox: () => typedError<OutboxView[], AppError>(__TAURI_INVOKE("list_outbox")),
	resolveOutbox: (id: string, send: boolean) => typedError<null, AppError>(__TAURI_INVOKE("resolve_outbox", { id, send })),
	undoReply: (id: string) => typedError<null, AppError>(__TAURI_INVOKE("undo_reply", { id })),
	search: (query: string, limit: number) => typedError<SearchHit[], AppError>(__TAURI_INVOKE("search", { query, limit })),
	syncNow: () => typedError<null, AppError>(__TAURI_INVOKE("sync_now")),
	acknowledgeCase: (case_: string) => typedError<null, AppError>(__TAURI_INVOKE("acknowledge_case", { case: case_ })),
	logAttempt: (case_: string, outcome: AttemptOutcome, number: string, next: string | null) => typedError<null, AppError>(__TAURI_INVOKE("log_attempt", { case: case_, outcome, number, next })),
	setStep: (case_: string, n: number, done: boolean, reason: string | null) => typedError<null, AppError>(__TAURI_INVOKE("set_step", { case: case_, n, done, reason })),
	closeCase: (case_: string, outcome: string, falseAlarm: boolean) => typedError<null, AppError>(__TAURI_INVOKE("close_case", { case: case_, outcome, falseAlarm })),
	dismissFlag: (flag: string, dismissed: boolean) => typedError<null, AppError>(__TAURI_INVOKE("dismiss_flag", { flag, dismissed })),
	snoozeThread: (thread: string, until: string | null) => typedError<null, AppError>(__TAURI_INVOKE("snooze_thread", { thread, until })),
	setThreadClosed: (thread: string, closed: boolean) => typedError<null, AppError>(__TAURI_INVOKE("set_thread_closed", { thread, closed })),
	reportPainted: () => typedError<null, AppError>(__TAURI_INVOKE("report_painted")),
};

/* Types */
/**  Why an instant counts as open or as after hours (CLI.md, `hours classify`). */
export type AfterHoursReason = "open" | "outside" | "night" | "holiday" | "absence" | "early-close" | "on-call" | "unknown";

/**  An error as the UI and the command line see it. The UI translates `code`; `params` never hold patient data. */
export type AppError = {
	/**  Stable code in snake case, for example `wrong_passphrase`, `key_missing`, `portal_unreachable`. */
	code: string,
	/**  Whether trying again without a change may help. */
	retryable: boolean,
	/**  Values for the translated sentence, for example seconds to wait. */
	params: [string, string][],
};

/**  What the window is told; it fetches the rest. */
export type AppEvent = { kind: "threads_changed"; threads: string[] } | { kind: "status_changed" } | { kind: "case_opened"; case: string; thread: string } | { kind: "crisis_reply_held"; thread: string } | { kind: "open_thread"; thread: string } | { kind: "locked" };

/**  An attachment. */
export type AttachmentView = {
	/**  Id, for opening it. */
	id: string,
	/**  Title, or empty. */
	title: string,
	/**  Media type. */
	content_type: string,
	/**  Bytes, if known. */
	size: number | null,
};

/**  Outcome of one contact attempt. */
export type AttemptOutcome = "no-answer" | "reached";

/**  A contact attempt. */
export type AttemptView = {
	/**  When. */
	at: string,
	/**  Outcome. */
	outcome: AttemptOutcome,
	/**  Number called, or empty. */
	number: string,
	/**  Next try. */
	next: string | null,
};

/**  State of a case (CLI.md). */
export type CaseState = "new" | "acknowledged" | "in-work" | "waiting" | "handed-over" | "closed";

/**  A case with all that the crisis panel shows. */
export type CaseView = {
	/**  Id in this vault. */
	id: string,
	/**  The thread whose flag opened it. */
	thread: string,
	/**  Patient's family and given name. */
	patient: string,
	/**  State. */
	state: CaseState,
	/**  Tier that opened it. */
	tier: Tier,
	/**  When it opened. */
	opened_at: string,
	/**  By when it must be acknowledged; `None` once it is. */
	deadline: string | null,
	/**  When it was acknowledged. */
	acknowledged_at: string | null,
	/**  Steps. */
	steps: StepView[],
	/**  Attempts, oldest first. */
	attempts: AttemptView[],
	/**  Lines of the patient's country. */
	lines: CrisisLineView[],
	/**  Outcome, once closed. */
	outcome: string | null,
};

/**  The 22 kinds of concern (CLINICAL.md, "Categories"). */
export type Category = "ideation_passive" | "ideation_active" | "intent" | "plan" | "means" | "preparation" | "attempt" | "self_harm" | "harm_to_others" | "abuse_violence" | "child_safety" | "elder_safety" | "psychosis" | "mania" | "overdose" | "adverse_reaction" | "withdrawal" | "eating_disorder" | "postpartum" | "hopelessness" | "third_party_risk" | "substance_risk";

/**  Whether triage could judge a message. */
export type Checked = "full" | "partial" | "none";

/**  A contact or a proxy. */
export type ContactView = {
	/**  Name. */
	name: string,
	/**  Relationship in words, or empty. */
	relationship: string,
	/**  Phone, or empty. */
	phone: string,
};

/**  A context that changed how a phrase was read. */
export type ContextMark = "negated" | "negation_doubtful" | "history" | "history_doubtful" | "third_person" | "quoted" | "hypothetical" | "idiom" | "later_contradiction" | "combined" | "thread_context" | "watch_only";

/**  What first run asks for. */
export type CreateVaultRequest = {
	name: string,
	portal_url: string,
	practitioner: string,
	passphrase: string,
};

/**  The one time that the recovery code is shown. */
export type CreatedVault = {
	recovery_code: string,
};

/**  A line to call. */
export type CrisisLineView = {
	/**  Name. */
	name: string,
	/**  Number as to be dialled or texted. */
	number: string,
	/**  Hours in words. */
	hours: string,
	/**  It is the general emergency number. */
	emergency: boolean,
};

/**  Whether the clinician is on duty. */
export type Duty = {
	/**  Within the hours in force. */
	on_duty: boolean,
	/**  Why, when not. */
	reason: AfterHoursReason,
	/**  When that changes, if within 366 days. */
	until: string | null,
	/**  IANA zone of the clinic. */
	zone: string,
};

/**  A flag on a message. */
export type FlagView = {
	/**  Id in this vault. */
	id: string,
	/**  Rule id. */
	rule: string,
	/**  The rule's reason in plain language, in the app's language. */
	reason: string,
	/**  Kind of concern. */
	category: Category,
	/**  Tier after context. */
	tier: Tier,
	/**  The words. */
	text: string,
	/**  Contexts that changed the tier. */
	context: ContextMark[],
	/**  Whether context lowered it. */
	demoted: boolean,
	/**  "This rule is wrong here" was said. */
	dismissed: boolean,
};

/**  What is unusual about a message as received (CLI.md, "Time"). */
export type Mark = "sent_missing" | "sent_partial" | "no_zone" | "sent_in_future" | "thread_inferred" | "unknown_status" | "sender_missing";

/**  What a message is for: the four functions of the study (JMIR Form Res 2025;9:e63713). */
export type MessageFunction = "reporting_feedback" | "interpersonal" | "intrapersonal" | "organisational";

/**  A message of a thread. */
export type MessageView = {
	/**  Id in this vault; empty for an outbox entry not yet on the portal. */
	id: string,
	/**  Outbox id while it is ours and not yet stored as the portal's copy. */
	outbox_id: string | null,
	/**  Sender's role. */
	role: SenderRole,
	/**  Sender's name. */
	sender: string,
	/**  The message is from this clinician. */
	own: boolean,
	/**  Instant used for order. */
	sent_at: string,
	/**  How much of `sent` was given. */
	sent_precision: SentPrecision,
	/**  When the portal received it, if it says. */
	received: string | null,
	/**  When this vault stored it. */
	stored_at: string | null,
	/**  Marks. */
	marks: Mark[],
	/**  After-hours reason, for inbound messages written after hours. */
	after_hours: AfterHoursReason | null,
	/**  The next opening after it. */
	next_open: string | null,
	/**  The text, cut at flags. */
	segments: Segment[],
	/**  The text is longer than what `segments` hold; ask `message_text` for all. */
	cut: boolean,
	/**  Flags, demoted ones too. */
	flags: FlagView[],
	/**  Whether triage could judge it. */
	checked: Checked,
	/**  Why not. */
	not_checked: NotCheckedReason[],
	/**  Suggested functions. */
	functions: MessageFunction[],
	/**  Withdrawn on the portal. */
	withdrawn: boolean,
	/**  Quarantined: cannot be displayed. */
	quarantined: boolean,
	/**  Read by this clinician. */
	read: boolean,
	/**  Outbox state, for our own messages not yet confirmed by the portal's copy. */
	delivery: OutboxState | null,
	/**  When it leaves. */
	not_before: string | null,
	/**  When the server acknowledged it. */
	delivered_at: string | null,
	/**  Error code of the outbox entry. */
	delivery_error: string | null,
	/**  Attachments. */
	attachments: AttachmentView[],
};

/**  Why a message was not fully checked. */
export type NotCheckedReason = "language" | "attachment" | "quarantined" | "text_cut" | "empty";

/**  State of an outbox entry (DESIGN.md, "Words"). */
export type OutboxState = "draft" | "queued" | "scheduled" | "held" | "sending" | "sent" | "unknown" | "failed";

/**  An outbox entry. */
export type OutboxView = {
	/**  Id in this vault. */
	id: string,
	/**  Our identifier on the portal. */
	client_identifier: string,
	/**  The thread. */
	thread: string,
	/**  State. */
	state: OutboxState,
	/**  Attempts. */
	attempts: number,
	/**  Leaves at or after. */
	not_before: string | null,
	/**  Error code. */
	error: string | null,
};

/**  The counts beside the views and functions. */
export type Overview = {
	/**  Threads in each view, in the order of the sidebar. */
	views: [View, number][],
	/**  Open threads waiting for me per suggested function. */
	functions: [MessageFunction, number][],
	/**  Freshness. */
	staleness: Staleness,
	/**  Duty. */
	duty: Duty,
	/**  Open cases. */
	open_cases: number,
	/**  The earliest deadline of an unacknowledged case. */
	next_deadline: string | null,
};

/**  A patient as the banner shows her. */
export type PatientBanner = {
	/**  Id in this vault. */
	id: string,
	/**  Family name. */
	family: string,
	/**  Given names. */
	given: string,
	/**  As given, `YYYY-MM-DD` or shorter. */
	birth_date: string | null,
	/**  Age in years today, when the birth date is complete. */
	age: number | null,
	/**  FHIR gender code. */
	gender: string | null,
	/**  Identifier for people. */
	identifier: string | null,
	/**  First phone number. */
	phone: string | null,
	/**  BCP 47 tags, preferred first. */
	languages: string[],
	/**  Country code of the address. */
	country: string | null,
	/**  Emergency contacts: name, relationship, phone. */
	contacts: ContactView[],
	/**  People who can read and write for the patient. */
	proxies: ContactView[],
	/**  The record says the patient has died. */
	deceased: boolean,
};

/**  Look and language of the window; kept outside the vault, so that the lock screen has them. */
export type Preferences = {
	/**  `en` or `de`. */
	language: string,
	/**  `system`, `light`, `dark`, `high-contrast`. */
	theme: string,
};

/**  What the composer asks to queue. */
export type ReplyRequest = {
	/**  The thread. */
	thread: string,
	/**  The text as it will be sent. */
	text: string,
	/**  Response used, as `id@version`. */
	response: string | null,
	/**  Leaves at or after this instant; `None` sends with the next sync. */
	not_before: string | null,
	/**  Newer messages were seen. */
	even_if_newer: boolean,
};

/**  A response to insert. */
export type ResponseView = {
	/**  Id, for example `acute-not-reached`. */
	id: string,
	/**  Version. */
	version: number,
	/**  Title. */
	title: string,
	/**  Group, for example `acute`, `everyday`. */
	group: string,
	/**  Language of the text, BCP 47. */
	language: string,
	/**  Text with slots as `{slot_name}`. */
	text: string,
	/**  Slots in order. */
	slots: SlotView[],
	/**  A clinical lead has signed this version. */
	signed: boolean,
};

/**  A hit of the search. */
export type SearchHit = {
	/**  Message id. */
	message: string,
	/**  Thread id. */
	thread: string,
	/**  Patient, `FAMILY, Given`. */
	patient: string,
	/**  Instant of the message. */
	sent: string,
	/**  Text around the hit; hits between U+0002 and U+0003. */
	snippet: string,
};

/**  A stretch of a message's text. Texts are cut in Rust, so that no offset arithmetic happens in the window. */
export type Segment = {
	/**  The text, with invisible and bidi characters already replaced by visible marks. */
	text: string,
	/**  Indexes into `MessageView::flags` that cover it. */
	flags: number[],
	/**  A visible stand-in for a character that would be invisible or reorder text. */
	revealed: boolean,
};

/**  What stands against sending a text. */
export type SendCheck = {
	/**  Code: `empty_text`, `empty_slot`, `other_patient_name`, `expired_line`, `wrong_country`, `proxy_can_read`, `newer_message`, `not_a_recipient`, `unsigned`. */
	code: string,
	/**  Blocks sending; else a warning. */
	blocks: boolean,
	/**  Values for the translated sentence. */
	params: [string, string][],
};

/**  Who wrote a message. */
export type SenderRole = "patient" | "proxy" | "clinician" | "other";

/**  How much of `sent` the server gave. */
export type SentPrecision = "instant" | "day" | "month" | "year" | "missing";

/**  Whether the window has an open vault. */
export type SessionState = { state: "first_run" } | { state: "locked"; vaults: VaultEntry[]; undelivered: number } | { state: "unlocked"; vault: string; practitioner: string; demo: boolean };

/**  A slot of a response, filled with what is known about this thread. */
export type SlotView = {
	/**  Name as in the text. */
	name: string,
	/**  Label in the app's language. */
	label: string,
	/**  Proposed value, or empty when a person must write it. */
	value: string,
	/**  Must be filled before sending. */
	required: boolean,
};

/**  How fresh the copy is and how the portal answers: the bar at the top. */
export type Staleness = {
	/**  Everything up to this server instant is here; `None` before the first fill ended. */
	complete_until: string | null,
	/**  When the last sync ended well, by this workstation's clock. */
	last_success: string | null,
	/**  A sync is running. */
	syncing: boolean,
	/**  Progress of the first fill (done, of about), while it runs. */
	first_fill: [number, number] | null,
	/**  What stopped the last sync; `None` when it went well. */
	problem: AppError | null,
	/**  Outbox entries not yet acknowledged. */
	pending: number,
	/**  Outbox entries that need the clinician: held, unknown, failed. */
	stuck: number,
};

/**  State of a checklist step. */
export type StepState = "open" | "done" | "skipped";

/**  A checklist step. */
export type StepView = {
	/**  1 to 12. */
	n: number,
	/**  Text in the app's language. */
	label: string,
	/**  State. */
	state: StepState,
	/**  Reason why not done. */
	reason: string | null,
	/**  When it was set. */
	at: string | null,
	/**  By whom. */
	by: string | null,
};

/**  A thread with all that the right pane shows. */
export type ThreadDetail = {
	/**  The row. */
	row: ThreadRow,
	/**  The patient; `None` when the portal names none. */
	patient: PatientBanner | null,
	/**  Names of those who can read the thread, without this clinician and the patient. */
	other_readers: string[],
	/**  The thread was inferred from patient and topic. */
	inferred: boolean,
	/**  Messages in order of time, own undelivered ones last. */
	messages: MessageView[],
	/**  Saved draft, or empty. */
	draft: string,
	/**  The open case, if any. */
	case: CaseView | null,
};

/**  A page of the thread list. */
export type ThreadPage = {
	/**  Rows in the view's order. */
	rows: ThreadRow[],
	/**  Rows without a thread; only in Needs attention. */
	unreadable: UnreadableRow[],
	/**  All rows of the view. */
	total: number,
};

/**  A row of the thread list. */
export type ThreadRow = {
	/**  Id in this vault. */
	id: string,
	/**  Patient's family name, for `FAMILY, Given`. */
	family: string,
	/**  Patient's given names. */
	given: string,
	/**  Topic. */
	topic: string,
	/**  First line of the newest message; empty when it cannot be shown. */
	preview: string,
	/**  The role of the newest message's sender. */
	preview_from: SenderRole,
	/**  Instant of the newest message. */
	last_message_at: string,
	/**  Instant of the oldest open flagged message, for the waiting time. */
	flagged_at: string | null,
	/**  Highest open tier. */
	tier: Tier,
	/**  Category of the highest open flag. */
	category: Category | null,
	/**  Rule of the highest open flag. */
	rule: string | null,
	/**  Holds an unread after-hours message; its reason. */
	after_hours: AfterHoursReason | null,
	/**  Unread inbound messages. */
	unread: number,
	/**  Why an unread message is not fully checked. */
	not_checked: NotCheckedReason[],
	/**  Suggested function of the newest inbound message. */
	function: MessageFunction | null,
	/**  State of the newest outbox entry, `draft` included. */
	reply: OutboxState | null,
	/**  When that entry leaves. */
	reply_not_before: string | null,
	/**  State of the newest case. */
	case: CaseState | null,
	/**  Deadline of the case. */
	case_deadline: string | null,
	/**  Holds attachments. */
	attachments: number,
	/**  Who has claimed it, if a colleague. */
	claimed_by: string | null,
	/**  Snoozed until. */
	snoozed_until: string | null,
	/**  Open or closed. */
	status: ThreadStatus,
};

/**  Whether the conversation goes on. */
export type ThreadStatus = "open" | "closed";

/**  How soon a clinician has to act on a message. The order is the order of urgency. */
export type Tier = "none" | "watch" | "urgent" | "emergency";

/**  Answer to unlock. */
export type UnlockOutcome = { outcome: "unlocked" } | { outcome: "wrong_passphrase"; tries_left: number; wait_seconds: number } | { outcome: "key"; key: VaultKeyState };

/**  A row in Needs attention that cannot be shown in any thread (quarantined, wrong subject). */
export type UnreadableRow = {
	/**  Resource type on the portal. */
	portal_type: string,
	/**  Id on the portal. */
	portal_id: string,
	/**  Reason code. */
	reason: string,
	/**  First seen. */
	first_seen: string,
};

/**  A vault to choose on the unlock page. */
export type VaultEntry = {
	/**  Folder, the argument of unlock. */
	dir: string,
	/**  Name shown. */
	name: string,
	/**  State of its key. */
	key: VaultKeyState,
};

/**  State of one vault folder as the unlock page shows it (SECURITY.md, "Keyring"). */
export type VaultKeyState = "ready" | "passphrase_only" | "key_missing" | "keyring_locked" | "keyring_silent" | "no_keyring" | "header_damaged";

/**  A view of the inbox (DESIGN.md, "Rules that keep an alarm an alarm"). */
export type View = "needs-attention" | "waiting-for-me" | "after-hours" | "unflagged-unread" | "waiting-for-patient" | "snoozed" | "sent-and-scheduled" | "closed";

/* Tauri Specta runtime */
async function typedError<T, E>(result: Promise<T>): Promise<{ status: "ok"; data: T } | { status: "error"; error: E }> {
	try {
		return { status: "ok", data: await result };
	} catch (e) {
		if (e instanceof Error) throw e;
		return { status: "error", error: e as E };
	}
}
