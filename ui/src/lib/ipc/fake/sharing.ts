// What clinicians share, in the fake backend: the portal answers after a moment, and one colleague cannot be added.
import type { Backend, ColleagueView, CoverView, ThreadDetail } from '../backend'
import { CLINICIAN, SAMPLE_NOW } from './build'

export const COLLEAGUES: ColleagueView[] = [
  { reference: 'Practitioner/dr-brandt', name: 'Dr. M. Brandt' },
  { reference: 'Practitioner/dr-castellano', name: 'Dr. E. Castellano' },
  { reference: 'Practitioner/dr-lindqvist', name: 'Dr. J. Lindqvist' },
]

/** The portal does not let this colleague read threads. */
export const REFUSED = 'Practitioner/dr-lindqvist'

type Commands = Pick<
  Backend,
  | 'claimThread'
  | 'releaseThread'
  | 'finishThread'
  | 'handOver'
  | 'listColleagues'
  | 'listCovers'
  | 'setCover'
  | 'endCover'
>

export function sharingCommands(find: (id: string) => ThreadDetail, changed: (detail: ThreadDetail) => void): Commands {
  let covers: CoverView[] = []
  const name = (reference: string) => COLLEAGUES.find((one) => one.reference === reference)?.name ?? reference
  const claim = (detail: ThreadDetail, done: boolean) => {
    detail.sharing.claim = { name: CLINICIAN, at: SAMPLE_NOW, mine: true, done }
    detail.sharing.work = null
    detail.row.claimed_by = null
  }
  return {
    claimThread: async (id, takeOver) => {
      const detail = find(id)
      const { claim: held } = detail.sharing
      if (held && !held.mine && !held.done && !takeOver)
        detail.sharing.work = { kind: 'claim', state: 'refused', error: 'claimed', leaves_at: null }
      else claim(detail, false)
      changed(detail)
    },
    releaseThread: async (id) => {
      const detail = find(id)
      detail.sharing.claim = null
      changed(detail)
    },
    finishThread: async (id) => {
      const detail = find(id)
      claim(detail, true)
      changed(detail)
    },
    handOver: async (id, colleague) => {
      const detail = find(id)
      const refused = colleague === REFUSED
      const handovers = detail.sharing.handovers.filter((one) => one.name !== name(colleague))
      detail.sharing.handovers = [
        ...handovers,
        { name: name(colleague), state: refused ? 'refused' : 'done', error: refused ? 'forbidden' : null },
      ]
      changed(detail)
    },
    listColleagues: async (query) =>
      COLLEAGUES.filter((one) => one.name.toLowerCase().includes(query.trim().toLowerCase())),
    listCovers: async () => covers,
    setCover: async (practitioner, from, to) => {
      const rest = covers.filter((cover) => cover.practitioner !== practitioner)
      const today = SAMPLE_NOW.slice(0, 10)
      covers = [
        { practitioner, name: name(practitioner), from, to, active: from <= today && today <= to, refused: null },
        ...rest,
      ]
    },
    endCover: async (practitioner) => {
      covers = covers.filter((cover) => cover.practitioner !== practitioner)
    },
  }
}
