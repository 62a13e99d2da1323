// Sensitive threads of the fake backend, masked as the shell masks them: what the window must not have is not in the answer.
import type { AppError, Backend, SearchHit, ThreadDetail, ThreadRow } from '../backend'

type Commands = Pick<Backend, 'setThreadSensitive' | 'showSensitive'>

export interface Masks {
  commands: Commands
  row(row: ThreadRow): ThreadRow
  detail(detail: ThreadDetail): ThreadDetail
  hit(hit: SearchHit): SearchHit
  /** The thread that was asked for is masked again when another is opened or the vault is locked. */
  turnTo(id: string | null): void
  refuse(id: string): void
}

export function sensitiveMasks(find: (id: string) => ThreadDetail, changed: (detail: ThreadDetail) => void): Masks {
  let shown: string | null = null
  const masks = (row: { sensitive: boolean }, id: string) => row.sensitive && shown !== id
  const refuse = (id: string) => {
    if (masks(find(id).row, id)) throw { code: 'thread_masked', retryable: false, params: [] } satisfies AppError
  }
  const maskRow = (row: ThreadRow): ThreadRow =>
    masks(row, row.id)
      ? {
          ...row,
          masked: true,
          family: '',
          given: '',
          topic: '',
          preview: '',
          category: null,
          rule: null,
          function: null,
        }
      : row
  return {
    commands: {
      setThreadSensitive: async (id, sensitive) => {
        const detail = find(id)
        if (!sensitive) refuse(id)
        detail.row.sensitive = sensitive
        shown = sensitive ? id : null
        changed(detail)
      },
      showSensitive: async (id) => {
        shown = id
        changed(find(id))
      },
    },
    row: maskRow,
    detail: (detail) =>
      masks(detail.row, detail.row.id)
        ? {
            ...detail,
            row: maskRow(detail.row),
            patient: null,
            other_readers: [],
            inferred: false,
            messages: [],
            draft: '',
            case: null,
          }
        : detail,
    hit: (hit) => (masks(hit, hit.thread) ? { ...hit, masked: true, patient: '', snippet: '' } : hit),
    turnTo: (id) => {
      const before = shown
      if (before === null || before === id) return
      shown = null
      changed(find(before))
    },
    refuse,
  }
}
