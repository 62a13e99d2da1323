// What opens the fake vault: any passphrase but `wrong`, PINs counted as the shell counts them.
import type { AppError, Backend, KeysView, SessionState } from '../backend'

export const NEW_CODE = 'N3W0-C0DE-9TRH-WE2C-5PNF-8VYJ-4GLB-2KMS-7QDX'
const PIN = '271828'

type KeyCommands = Pick<
  Backend,
  'unlockWithPin' | 'loadKeys' | 'changePassphrase' | 'newRecoveryCode' | 'confirmRecoveryCode' | 'setPin'
>

export function keyCommands(start: Partial<KeysView>, open: () => SessionState): KeyCommands {
  let keys: KeysView = { pin: false, pin_allowed: false, code_confirmed: true, ...start }
  let tries = 5
  const check = (passphrase: string) => {
    if (passphrase === 'wrong')
      throw { code: 'wrong_passphrase', retryable: false, params: [['tries_left', '4']] } satisfies AppError
  }
  return {
    unlockWithPin: async (_dir, pin) => {
      if (tries > 0 && pin === PIN) {
        open()
        return { outcome: 'unlocked' }
      }
      tries = Math.max(0, tries - 1)
      return { outcome: 'wrong_pin', tries_left: tries }
    },
    loadKeys: async () => keys,
    changePassphrase: async (present) => {
      check(present)
      keys = { ...keys, pin: false }
    },
    newRecoveryCode: async (passphrase) => {
      check(passphrase)
      keys = { ...keys, code_confirmed: false }
      return { recovery_code: NEW_CODE }
    },
    confirmRecoveryCode: async () => {
      keys = { ...keys, code_confirmed: true }
    },
    setPin: async (passphrase, pin) => {
      check(passphrase)
      keys = { ...keys, pin: pin !== null }
    },
  }
}
