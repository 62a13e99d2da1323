// Sensitive threads of the fake backend, masked as the shell masks them: what the window must not have is not in the answer.
import type { AppError, Backend, SearchHit, ThreadDetail, ThreadRow } from '../backend'

type Commands = Pick<Backend, 'setThreadSensitive' | 'showSensitive'>

export interface Masks {
  commands: Commands
  row(row: ThreadRow): ThreadRow
  /** The thread as the window is given it; one that was asked for before is masked again. */
  load(id: string): ThreadDetail
  hit(hit: SearchHit): SearchHit
  /** The thread that was asked for is masked again. */
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
  const turnTo = (id: string | null) => {
    const before = shown
    if (before === null || before === id) return
    shown = null
    changed(find(before))
  }
  const maskDetail = (detail: ThreadDetail): ThreadDetail =>
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
      : detail
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
    load: (id) => {
      turnTo(id)
      return maskDetail(find(id))
    },
    hit: (hit) => (masks(hit, hit.thread) ? { ...hit, masked: true, patient: '', snippet: '' } : hit),
    turnTo,
    refuse,
  }
}
