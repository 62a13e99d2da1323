// The one seam between the window and the shell. Two implementations: real.ts (Tauri) and fake/ (a sample clinic in
// memory, for component tests and design work in a browser). Every call either answers or throws an AppError.
import type {
  AppError,
  AppEvent,
  AttachmentContent,
  AttemptOutcome,
  AuditFilter,
  AuditFormat,
  AuditRowView,
  CalendarPreview,
  CalendarRequest,
  Category,
  ClinicLexicon,
  ClinicProblem,
  ColleagueView,
  ConnectionView,
  CoverView,
  CreatedVault,
  CreateVaultRequest,
  HoursCheck,
  HoursDocument,
  HoursView,
  FeedbackExport,
  KeysView,
  LexiconView,
  MessageFunction,
  OutboxView,
  Overview,
  PolicyView,
  PortalHoursView,
  Place,
  Preferences,
  PublicationView,
  ReplyRequest,
  RescueView,
  ResponseView,
  RestoredView,
  RestoreRequest,
  RetriageView,
  RuleRow,
  SavedHoursOutcome,
  SavedLexicon,
  SearchHit,
  Segment,
  SendCheck,
  SessionState,
  SignInRequest,
  SignOutView,
  ThreadDetail,
  ThreadPage,
  TriedText,
  UnlockOutcome,
  UpkeepView,
  View,
  WatchView,
} from './bindings'

export type * from './bindings'

/** A clinic's own words and switches with both lists there. */
export type Lexicon = Required<ClinicLexicon>

export function wholeLexicon(lexicon: ClinicLexicon): Lexicon {
  return { words: lexicon.words ?? [], watch_only: lexicon.watch_only ?? [] }
}

export interface Backend {
  sessionState(): Promise<SessionState>
  unlockVault(dir: string, passphrase: string): Promise<UnlockOutcome>
  recoverVault(dir: string, recoveryCode: string, newPassphrase: string): Promise<UnlockOutcome>
  createVault(request: CreateVaultRequest): Promise<CreatedVault>
  /** Signs in to the portal; empty fields are taken from the vault. Answers when the browser is done. */
  signIn(request: SignInRequest): Promise<void>
  signOut(): Promise<SignOutView>
  loadConnection(): Promise<ConnectionView>
  /** After five wrong PINs only the passphrase opens the vault. */
  unlockWithPin(dir: string, pin: string): Promise<UnlockOutcome>
  loadKeys(): Promise<KeysView>
  changePassphrase(present: string, next: string): Promise<void>
  /** The code before opens the vault until `confirmRecoveryCode`. */
  newRecoveryCode(passphrase: string): Promise<CreatedVault>
  confirmRecoveryCode(code: string): Promise<void>
  /** `null` takes the PIN away. */
  setPin(passphrase: string, pin: string | null): Promise<void>
  /** Also while no vault is open. */
  loadPolicy(): Promise<PolicyView>
  /** Closes the vault and destroys this page; the place is where the next unlock comes back to. */
  lockVault(place: Place): Promise<void>
  /** Answers `lock_requested` within half a second: the draft is saved, or could not be. */
  answerLock(place: Place, saved: boolean): Promise<void>
  /** How the watches over locked vaults stand; one that is not among them was not open since the program started. */
  loadWatches(): Promise<WatchView[]>
  /** Somebody touched keyboard or pointer. */
  noteActivity(): Promise<void>
  loadPreferences(): Promise<Preferences>
  savePreferences(preferences: Preferences): Promise<void>
  loadOverview(): Promise<Overview>
  listThreads(view: View, fn: MessageFunction | null, offset: number, limit: number): Promise<ThreadPage>
  loadThread(thread: string): Promise<ThreadDetail>
  loadMessageText(message: string): Promise<Segment[]>
  /** Opens an https address in the system's browser, once its host was shown and confirmed. */
  openLink(address: string): Promise<void>
  /** An attachment by its place in the message; bytes only of pictures. */
  loadAttachment(message: string, n: number): Promise<AttachmentContent>
  markThreadRead(thread: string): Promise<void>
  saveDraft(thread: string, text: string): Promise<void>
  listResponses(thread: string, query: string): Promise<ResponseView[]>
  checkReply(request: ReplyRequest): Promise<SendCheck[]>
  enqueueReply(request: ReplyRequest): Promise<OutboxView>
  listOutbox(): Promise<OutboxView[]>
  resolveOutbox(id: string, send: boolean): Promise<void>
  undoReply(id: string): Promise<void>
  search(query: string, limit: number): Promise<SearchHit[]>
  syncNow(): Promise<void>
  /** Stops the first fill; what is stored stays, and `syncNow` goes on with it. */
  stopFirstFill(): Promise<void>
  acknowledgeCase(id: string): Promise<void>
  logAttempt(id: string, outcome: AttemptOutcome, number: string, next: string | null): Promise<void>
  setStep(id: string, n: number, done: boolean, reason: string | null): Promise<void>
  closeCase(id: string, outcome: string, falseAlarm: boolean): Promise<void>
  dismissFlag(flag: string, dismissed: boolean): Promise<void>
  loadLexicon(): Promise<LexiconView>
  checkLexicon(draft: ClinicLexicon): Promise<ClinicProblem[]>
  /** Saves a draft made from version `base`; stored messages are judged by it in the background. */
  saveLexicon(base: number, draft: ClinicLexicon): Promise<SavedLexicon>
  listRules(query: string, category: Category | null): Promise<RuleRow[]>
  /** By the draft, or by what is in force; nothing is stored. */
  tryText(text: string, draft: ClinicLexicon | null): Promise<TriedText>
  loadRetriage(): Promise<RetriageView>
  cancelRetriage(): Promise<void>
  resumeRetriage(): Promise<void>
  reportMissed(message: string, category: Category, wording: string): Promise<void>
  withdrawMissed(message: string, category: Category): Promise<void>
  /** JSON without names, texts and ids of patients; wordings about sensitive threads only when asked for. */
  exportFeedback(includeSensitive: boolean): Promise<FeedbackExport>
  loadHours(): Promise<HoursView>
  /** What is wrong with a draft and what it would mean; nothing is stored. */
  checkHours(draft: HoursDocument): Promise<HoursCheck>
  /** Saves a draft made from version `base`; stored messages are judged by it. */
  saveHours(base: number, draft: HoursDocument): Promise<SavedHoursOutcome>
  /** Goes back to the save before `base`. */
  undoHours(base: number): Promise<SavedHoursOutcome>
  /** Working days within which patients are answered, 1 to 10. */
  saveReplyTarget(days: number): Promise<void>
  snoozeThread(thread: string, until: string | null): Promise<void>
  setThreadClosed(thread: string, closed: boolean): Promise<void>
  /** Marks a thread as not for other eyes. The one on the screen stays there until another is opened. */
  setThreadSensitive(thread: string, sensitive: boolean): Promise<void>
  /** Asks for a masked thread: `loadThread` gives it from now on, until another is loaded or the vault is locked. */
  showSensitive(thread: string): Promise<void>
  /** Takes a thread; with `takeOver` also from the colleague who has it by what is shown. */
  claimThread(thread: string, takeOver: boolean): Promise<void>
  releaseThread(thread: string): Promise<void>
  finishThread(thread: string): Promise<void>
  /** What came of it stands in the thread after the next sync. */
  handOver(thread: string, colleague: string): Promise<void>
  listColleagues(query: string): Promise<ColleagueView[]>
  listCovers(): Promise<CoverView[]>
  /** Days as `YYYY-MM-DD` in the clinic's zone, both included. */
  setCover(colleague: string, first: string, last: string): Promise<void>
  endCover(colleague: string): Promise<void>
  /** What a calendar file (.ics) would add to the hours; nothing is kept. */
  previewCalendar(request: CalendarRequest): Promise<CalendarPreview>
  /** Adds it, whole or not at all. */
  importCalendar(request: CalendarRequest): Promise<CalendarPreview>
  /** How the hours on the portal stand. */
  loadPublication(): Promise<PublicationView>
  /** Puts them there with the next sync, now and whenever they change. */
  publishHours(): Promise<PublicationView>
  stopPublishing(): Promise<PublicationView>
  /** Hers is written over what was shown, or the portal's is taken. */
  resolveHoursConflict(keepMine: boolean): Promise<PublicationView>
  /** What the portal has, and what it would make of the hours. */
  portalHours(): Promise<PortalHoursView>
  /** Newest first, a hundred at a time. */
  listAudit(filter: AuditFilter): Promise<AuditRowView[]>
  /** All that the filter asks for as one text, oldest first, with the macs; the export is recorded. */
  exportAudit(filter: AuditFilter, format: AuditFormat): Promise<string>
  loadUpkeep(): Promise<UpkeepView>
  /** What the anchor of the audit chain said has been read. */
  acknowledgeNotice(): Promise<UpkeepView>
  checkVault(): Promise<UpkeepView>
  /** An empty folder makes no backups. */
  setBackup(folder: string, keep: number): Promise<UpkeepView>
  backUpNow(): Promise<UpkeepView>
  /** Goes on with a new database after the open one was damaged. */
  repairVault(): Promise<RescueView>
  /** The same for one that does not open; it is open then. */
  resyncVault(dir: string, passphrase: string): Promise<RescueView>
  /** The restored vault is to be unlocked. */
  restoreBackup(request: RestoreRequest): Promise<RestoredView>
  reportPainted(): Promise<void>
  /** Answers `close_requested` within a second, else the window is closed. */
  answerClose(close: boolean): Promise<void>
  /** Calls `handle` for every event of the shell; the answer stops it. */
  onEvent(handle: (event: AppEvent) => void): Promise<() => void>
}

let current: Backend | undefined

/** Chosen once, before the first component is mounted. */
export function setBackend(backend: Backend): void {
  current = backend
}

export function backend(): Backend {
  if (!current) throw new Error('no backend')
  return current
}

/** What was thrown, as an AppError; anything unexpected becomes `internal`, without its text. */
export function asAppError(thrown: unknown): AppError {
  if (typeof thrown === 'object' && thrown !== null && 'code' in thrown && 'params' in thrown) return thrown as AppError
  return { code: 'internal', retryable: true, params: [] }
}
