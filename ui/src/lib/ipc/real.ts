// The shell's commands behind the seam. Only this file and the generated bindings import @tauri-apps.
import { listen } from '@tauri-apps/api/event'
import type { AppError, AppEvent, Backend } from './backend'
import { commands } from './bindings'

type Answer<T> = { status: 'ok'; data: T } | { status: 'error'; error: AppError }

async function unwrap<T>(answer: Promise<Answer<T>>): Promise<T> {
  const settled = await answer
  if (settled.status === 'error') throw settled.error
  return settled.data
}

async function done(answer: Promise<Answer<unknown>>): Promise<void> {
  await unwrap(answer)
}

export const realBackend: Backend = {
  sessionState: () => unwrap(commands.sessionState()),
  unlockVault: (dir, passphrase) => unwrap(commands.unlockVault(dir, passphrase)),
  recoverVault: (dir, code, passphrase) => unwrap(commands.recoverVault(dir, code, passphrase)),
  createVault: (request) => unwrap(commands.createVault(request)),
  signIn: (request) => done(commands.signIn(request)),
  signOut: () => unwrap(commands.signOut()),
  loadConnection: () => unwrap(commands.loadConnection()),
  unlockWithPin: (dir, pin) => unwrap(commands.unlockWithPin(dir, pin)),
  loadKeys: () => unwrap(commands.loadKeys()),
  changePassphrase: (present, next) => done(commands.changePassphrase(present, next)),
  newRecoveryCode: (passphrase) => unwrap(commands.newRecoveryCode(passphrase)),
  confirmRecoveryCode: (code) => done(commands.confirmRecoveryCode(code)),
  setPin: (passphrase, pin) => done(commands.setPin(passphrase, pin)),
  loadPolicy: () => unwrap(commands.loadPolicy()),
  lockVault: (place) => done(commands.lockVault(place)),
  answerLock: (place, saved) => done(commands.answerLock(place, saved)),
  loadWatches: () => unwrap(commands.loadWatches()),
  noteActivity: () => done(commands.noteActivity()),
  loadPreferences: () => unwrap(commands.loadPreferences()),
  savePreferences: (preferences) => done(commands.savePreferences(preferences)),
  loadOverview: () => unwrap(commands.loadOverview()),
  listThreads: (view, fn, offset, limit) => unwrap(commands.listThreads(view, fn, offset, limit)),
  loadThread: (thread) => unwrap(commands.loadThread(thread)),
  loadMessageText: (message) => unwrap(commands.loadMessageText(message)),
  openLink: (address) => done(commands.openLink(address)),
  loadAttachment: (message, n) => unwrap(commands.loadAttachment(message, n)),
  markThreadRead: (thread) => done(commands.markThreadRead(thread)),
  saveDraft: (thread, text) => done(commands.saveDraft(thread, text)),
  listResponses: (thread, query) => unwrap(commands.listResponses(thread, query)),
  checkReply: (request) => unwrap(commands.checkReply(request)),
  enqueueReply: (request) => unwrap(commands.enqueueReply(request)),
  listOutbox: () => unwrap(commands.listOutbox()),
  resolveOutbox: (id, send) => done(commands.resolveOutbox(id, send)),
  undoReply: (id) => done(commands.undoReply(id)),
  search: (query, limit) => unwrap(commands.search(query, limit)),
  syncNow: () => done(commands.syncNow()),
  stopFirstFill: () => done(commands.stopFirstFill()),
  acknowledgeCase: (id) => done(commands.acknowledgeCase(id)),
  logAttempt: (id, outcome, number, next) => done(commands.logAttempt(id, outcome, number, next)),
  setStep: (id, n, isDone, reason) => done(commands.setStep(id, n, isDone, reason)),
  closeCase: (id, outcome, falseAlarm) => done(commands.closeCase(id, outcome, falseAlarm)),
  dismissFlag: (flag, dismissed) => done(commands.dismissFlag(flag, dismissed)),
  loadLexicon: () => unwrap(commands.loadLexicon()),
  checkLexicon: (draft) => unwrap(commands.checkLexicon(draft)),
  saveLexicon: (base, draft) => unwrap(commands.saveLexicon(base, draft)),
  listRules: (query, category) => unwrap(commands.listRules(query, category)),
  tryText: (text, draft) => unwrap(commands.tryText(text, draft)),
  loadRetriage: () => unwrap(commands.loadRetriage()),
  cancelRetriage: () => done(commands.cancelRetriage()),
  resumeRetriage: () => done(commands.resumeRetriage()),
  reportMissed: (message, category, wording) => done(commands.reportMissed(message, category, wording)),
  withdrawMissed: (message, category) => done(commands.withdrawMissed(message, category)),
  exportFeedback: () => unwrap(commands.exportFeedback()),
  snoozeThread: (thread, until) => done(commands.snoozeThread(thread, until)),
  setThreadClosed: (thread, closed) => done(commands.setThreadClosed(thread, closed)),
  claimThread: (thread, takeOver) => done(commands.claimThread(thread, takeOver)),
  releaseThread: (thread) => done(commands.releaseThread(thread)),
  finishThread: (thread) => done(commands.finishThread(thread)),
  handOver: (thread, colleague) => done(commands.handOver(thread, colleague)),
  listColleagues: (query) => unwrap(commands.listColleagues(query)),
  listCovers: () => unwrap(commands.listCovers()),
  setCover: (colleague, first, last) => done(commands.setCover(colleague, first, last)),
  endCover: (colleague) => done(commands.endCover(colleague)),
  previewCalendar: (request) => unwrap(commands.previewCalendar(request)),
  importCalendar: (request) => unwrap(commands.importCalendar(request)),
  listAudit: (filter) => unwrap(commands.listAudit(filter)),
  exportAudit: (filter, format) => unwrap(commands.exportAudit(filter, format)),
  loadUpkeep: () => unwrap(commands.loadUpkeep()),
  acknowledgeNotice: () => unwrap(commands.acknowledgeNotice()),
  checkVault: () => unwrap(commands.checkVault()),
  setBackup: (folder, keep) => unwrap(commands.setBackup(folder, keep)),
  backUpNow: () => unwrap(commands.backUpNow()),
  repairVault: () => unwrap(commands.repairVault()),
  resyncVault: (dir, passphrase) => unwrap(commands.resyncVault(dir, passphrase)),
  restoreBackup: (request) => unwrap(commands.restoreBackup(request)),
  reportPainted: () => done(commands.reportPainted()),
  answerClose: (close) => done(commands.answerClose(close)),
  onEvent: (handle) => listen<AppEvent>('app-event', (event) => handle(event.payload)),
}
