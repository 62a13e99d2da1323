// The audit chain, checks, backups and rescue in the fake backend.
import type { AppError, AuditRowView, Backend, RescueView, UpkeepView } from '../backend'
import { at, SAMPLE_NOW } from './build'

type Commands = Pick<
  Backend,
  | 'listAudit'
  | 'exportAudit'
  | 'loadUpkeep'
  | 'acknowledgeNotice'
  | 'checkVault'
  | 'setBackup'
  | 'backUpNow'
  | 'repairVault'
  | 'resyncVault'
  | 'restoreBackup'
>

const ACTIONS: [string, string][] = [
  ['vault.unlock', ''],
  ['thread.view', 'thread:7'],
  ['search', 'hits:3'],
  ['outbox.enqueue', 'outbox:41 thread:7'],
  ['outbox.sent', 'outbox:41'],
  ['case.attempt', 'case:2'],
]

function sampleRows(): AuditRowView[] {
  return Array.from({ length: 240 }, (_, index) => {
    const [action, subject] = ACTIONS[index % ACTIONS.length]!
    return {
      n: index + 1,
      at: at(`2${Math.floor(index / 80)} 08:${String(index % 60).padStart(2, '0')}`),
      action,
      subject,
    }
  })
}

export function upkeepCommands(start: Partial<UpkeepView>, opened: () => void, changed: () => void): Commands {
  const rows = sampleRows()
  let view: UpkeepView = {
    notice: null,
    notice_at: null,
    checking: false,
    checked_at: SAMPLE_NOW,
    problems: [],
    backup: { folder: '', keep: 7, last_at: null, problem: null },
    retention: { days: null, left: 0, last_at: null },
    ...start,
  }
  const rescue: RescueView = { outbox: 2, drafts: 1, cases: 1, incomplete: false, aside: '/vaults/sample/damaged-1' }
  const wanted = (action: string, row: AuditRowView) =>
    action === '' || row.action === action || row.action.startsWith(`${action}.`)
  const after = (change: Partial<UpkeepView>): UpkeepView => {
    view = { ...view, ...change }
    changed()
    return view
  }
  return {
    listAudit: async (filter) =>
      rows
        .filter((row) => wanted(filter.action, row))
        .filter((row) => filter.from === null || row.at >= filter.from)
        .filter((row) => filter.to === null || row.at < filter.to)
        .filter((row) => filter.before === null || row.n < filter.before)
        .reverse()
        .slice(0, 100),
    exportAudit: async (filter, format) => {
      const chosen = rows.filter((row) => wanted(filter.action, row))
      if (format === 'ndjson') return chosen.map((row) => JSON.stringify({ ...row, mac: '00' })).join('\n')
      return [
        'n,at,action,subject,mac',
        ...chosen.map((row) => `${row.n},${row.at},${row.action},${row.subject},00`),
      ].join('\n')
    },
    loadUpkeep: async () => view,
    acknowledgeNotice: async () => after({ notice: null }),
    checkVault: async () => after({ checked_at: SAMPLE_NOW }),
    setBackup: async (folder, keep) => {
      if (folder !== '' && !folder.startsWith('/'))
        throw { code: 'invalid_argument', retryable: false, params: [['argument', 'folder']] } satisfies AppError
      return after({ backup: { ...view.backup, folder, keep, problem: null } })
    },
    backUpNow: async () => after({ backup: { ...view.backup, last_at: SAMPLE_NOW, problem: null } }),
    repairVault: async () => {
      after({ problems: [] })
      return rescue
    },
    resyncVault: async () => {
      opened()
      return rescue
    },
    restoreBackup: async (request) => {
      if (!request.file.endsWith('.backup'))
        throw { code: 'backup_damaged', retryable: false, params: [] } satisfies AppError
      const saved = request.in_place_of === null ? null : rescue
      return { dir: 'restored-1', made_at: SAMPLE_NOW, messages: 120, to_look_up: 2, saved }
    },
  }
}

/** What the overview says of the vault itself. */
export function upkeepProblem(view: UpkeepView): AppError | null {
  const code =
    view.problems.length > 0 ? 'part_damaged' : (view.notice ?? (view.backup.problem && 'scheduled_backup_failed'))
  return code ? { code, retryable: false, params: [] } : null
}
