// Whether a vault is open, and the ways to open one.
import {
  asAppError,
  backend,
  type AppError,
  type CreatedVault,
  type CreateVaultRequest,
  type SessionState,
  type SignInRequest,
  type UnlockOutcome,
} from '../ipc/backend'
import { policy } from './policy.svelte'
import { currentPlace } from './place'

class Session {
  state = $state.raw<SessionState | null>(null)
  error = $state.raw<AppError | null>(null)
  /** The sign-in dialog is open. */
  signingIn = $state(false)

  async refresh(): Promise<void> {
    try {
      this.state = await backend().sessionState()
      void policy.load()
      this.error = null
    } catch (thrown) {
      this.error = asAppError(thrown)
    }
  }

  async unlock(dir: string, passphrase: string): Promise<UnlockOutcome> {
    const outcome = await backend().unlockVault(dir, passphrase)
    if (outcome.outcome === 'unlocked') await this.refresh()
    return outcome
  }

  async unlockWithPin(dir: string, pin: string): Promise<UnlockOutcome> {
    const outcome = await backend().unlockWithPin(dir, pin)
    if (outcome.outcome === 'unlocked') await this.refresh()
    return outcome
  }

  async recover(dir: string, code: string, passphrase: string): Promise<UnlockOutcome> {
    const outcome = await backend().recoverVault(dir, code, passphrase)
    if (outcome.outcome === 'unlocked') await this.refresh()
    return outcome
  }

  /** Creates a vault; the recovery code is shown once by the caller, who then calls `refresh`. */
  create(request: CreateVaultRequest): Promise<CreatedVault> {
    return backend().createVault(request)
  }

  /** Signs the open vault in; answers when the browser is done. */
  signIn(request: SignInRequest): Promise<void> {
    return backend().signIn(request)
  }

  /** Signs the open vault out of its portal; answers whether the portal could be told. */
  async signOut(): Promise<boolean> {
    return (await backend().signOut()).revoked
  }

  async lock(): Promise<void> {
    await backend().lockVault(currentPlace())
    await this.refresh()
  }
}

export const session = new Session()
