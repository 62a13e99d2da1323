// Design work in a browser: the address says what to show, for example
// `?screen=unlock&key=key_missing`, `?theme=dark&lang=de`, `?net=offline`, `?duty=off`, `?many=20000`,
// `?do=responses-open,response-option` (elements to click, by test id).
import { clock } from '../../state/clock.svelte'
import { setBackend, type AppError, type SessionState, type Staleness, type VaultKeyState } from '../backend'
import { createFakeBackend, SAMPLE_NOW } from '.'
import { at } from './build'

export function startDesign(): void {
  const query = new URLSearchParams(location.search)
  const key = (query.get('key') ?? 'ready') as VaultKeyState
  const sessions: Record<string, SessionState> = {
    unlock: {
      state: 'locked',
      left: [
        {
          dir: 'a',
          reason: 'idle',
          at: at('23 07:41'),
          undelivered: 2,
          undelivered_crisis: 1,
          draft_unsure: false,
        },
      ],
      vaults: [
        { dir: 'a', name: 'Dr. A. Adler', key },
        { dir: 'b', name: 'Dr. L. Brandt', key: 'ready' },
      ],
    },
    first: { state: 'first_run' },
  }
  const unreachable: AppError = { code: 'portal_unreachable', retryable: true, params: [] }
  const refused: AppError = { code: 'unauthorized', retryable: false, params: [] }
  const net: Record<string, Partial<Staleness>> = {
    offline: { problem: unreachable, last_success: at('23 07:41'), complete_until: at('23 07:41') },
    error: { problem: refused, last_success: at('23 06:10'), complete_until: at('23 06:10') },
    fill: {
      first_fill: { done: 1240, total: 4100, seconds_left: 190, stopped: false },
      complete_until: null,
      syncing: true,
    },
  }
  const session = sessions[query.get('screen') ?? '']
  const staleness = net[query.get('net') ?? '']
  const fake = createFakeBackend({
    preferences: { language: query.get('lang') ?? 'en', theme: query.get('theme') ?? 'light' },
    many: Number(query.get('many') ?? 0),
    ...(session ? { session } : {}),
    ...(staleness ? { staleness } : {}),
    ...(query.get('duty') === 'off' ? { duty: { on_duty: false, until: at('24 08:00') } } : {}),
  })
  clock.stop(SAMPLE_NOW)
  const clicks = query.get('do')?.split(',') ?? []
  clicks.forEach((testid, index) =>
    setTimeout(() => document.querySelector<HTMLElement>(`[data-testid="${testid}"]`)?.click(), 600 + 250 * index),
  )
  setBackend(fake)
}
