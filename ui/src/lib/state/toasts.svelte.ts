// Short answers to what the clinician did, with undo; and the polite announcements for screen readers.

export interface Toast {
  id: number
  text: string
  tone: 'plain' | 'problem'
  action?: { label: string; run: () => void }
}

class Toasts {
  list = $state.raw<Toast[]>([])
  announcement = $state('')
  private next = 1

  show(text: string, options: Partial<Pick<Toast, 'tone' | 'action'>> = {}, milliseconds = 8000): void {
    const toast: Toast = { id: this.next++, text, tone: 'plain', ...options }
    this.list = [...this.list.slice(-2), toast]
    setTimeout(() => this.dismiss(toast.id), milliseconds)
  }

  /** Does what the newest toast offers (as a rule: undo); `false` when none offers anything. */
  actOnNewest(): boolean {
    const toast = this.list.findLast((entry) => entry.action)
    if (!toast) return false
    this.dismiss(toast.id)
    toast.action?.run()
    return true
  }

  dismiss(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id)
  }

  clear(): void {
    this.list = []
    this.announcement = ''
  }

  announce(text: string): void {
    this.announcement = text
  }
}

export const toasts = new Toasts()
