// The audit chain and what the vault does for itself; asked for when the dialog opens, gone with the vault.
import {
  asAppError,
  backend,
  type AppError,
  type AuditFilter,
  type AuditFormat,
  type AuditRowView,
  type RescueView,
  type UpkeepView,
} from '../ipc/backend'

const PAGE = 100

class Upkeep {
  open = $state(false)
  view = $state.raw<UpkeepView | null>(null)
  rows = $state.raw<AuditRowView[]>([])
  /** There are older rows than those shown. */
  more = $state(false)
  action = $state('')
  /** Days as `YYYY-MM-DD`, both included; empty where there is no limit. */
  from = $state('')
  to = $state('')
  exported = $state<string | null>(null)
  busy = $state(false)
  error = $state.raw<AppError | null>(null)
  /** What was saved of a damaged database, until it was read. */
  rescued = $state.raw<RescueView | null>(null)
  private asked = 0

  async load(): Promise<void> {
    await this.take(() => backend().loadUpkeep())
    await this.search()
  }

  private filter(before: number | null): AuditFilter {
    const instant = (day: string, plus: number): string | null => {
      if (day === '') return null
      const [year, month, date] = day.split('-').map(Number)
      return new Date(year!, month! - 1, date! + plus).toISOString()
    }
    return { from: instant(this.from, 0), to: instant(this.to, 1), action: this.action, before }
  }

  async search(): Promise<void> {
    const asked = ++this.asked
    this.exported = null
    try {
      const rows = await backend().listAudit(this.filter(null))
      if (asked !== this.asked) return
      this.rows = rows
      this.more = rows.length === PAGE
      this.error = null
    } catch (thrown) {
      this.error = asAppError(thrown)
    }
  }

  async showMore(): Promise<void> {
    const last = this.rows.at(-1)
    if (!last) return
    const asked = this.asked
    try {
      const rows = await backend().listAudit(this.filter(last.n))
      if (asked !== this.asked) return
      this.rows = [...this.rows, ...rows]
      this.more = rows.length === PAGE
    } catch (thrown) {
      this.error = asAppError(thrown)
    }
  }

  async export(format: AuditFormat): Promise<void> {
    try {
      this.exported = await backend().exportAudit(this.filter(null), format)
      this.error = null
    } catch (thrown) {
      this.error = asAppError(thrown)
    }
  }

  /** One call whose answer is the view; what went wrong is said, and the view stays. */
  async take(call: () => Promise<UpkeepView>): Promise<void> {
    this.busy = true
    try {
      this.view = await call()
      this.error = null
    } catch (thrown) {
      this.error = asAppError(thrown)
    } finally {
      this.busy = false
    }
  }

  async repair(): Promise<void> {
    this.busy = true
    try {
      this.rescued = await backend().repairVault()
      this.error = null
    } catch (thrown) {
      this.error = asAppError(thrown)
    } finally {
      this.busy = false
    }
  }

  clear(): void {
    this.asked += 1
    this.open = false
    this.view = null
    this.rows = []
    this.more = false
    this.action = ''
    this.from = ''
    this.to = ''
    this.exported = null
    this.error = null
  }
}

export const upkeep = new Upkeep()
