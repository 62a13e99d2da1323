// Search as typed: the last query's answer is the one shown.
import { asAppError, backend, type AppError, type SearchHit } from '../ipc/backend'

const LIMIT = 50

class Search {
  query = $state('')
  hits = $state.raw<SearchHit[]>([])
  searching = $state(false)
  error = $state.raw<AppError | null>(null)
  active = $derived(this.query.trim() !== '')
  limit = LIMIT
  private timer: ReturnType<typeof setTimeout> | undefined

  set(query: string): void {
    this.query = query
    clearTimeout(this.timer)
    if (query.trim() === '') {
      this.hits = []
      this.error = null
      this.searching = false
      return
    }
    this.searching = true
    this.timer = setTimeout(() => void this.run(), 80)
  }

  async run(): Promise<void> {
    const query = this.query
    try {
      const hits = await backend().search(query.trim(), LIMIT)
      if (this.query !== query) return
      this.hits = hits
      this.error = null
    } catch (thrown) {
      if (this.query === query) this.error = asAppError(thrown)
    } finally {
      if (this.query === query) this.searching = false
    }
  }

  clear(): void {
    this.set('')
  }
}

export const search = new Search()
