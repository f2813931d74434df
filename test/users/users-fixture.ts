import type { Test } from 'tap'
import { openStore } from '../../gateway/store/index.js'
import { createPasswordHasher, createUsers, type PasswordHasher, type Users } from '../../gateway/users/index.js'

/** A hasher that notes every call, and costs next to nothing. */
export interface CountingHasher extends PasswordHasher {
  readonly calls: { readonly verb: 'hash' | 'verify'; readonly parameters: string; readonly passwordLength: number }[]
}

export function createCountingHasher(): CountingHasher {
  const hasher = createPasswordHasher({ memoryKib: 8, passes: 1 })
  const calls: CountingHasher['calls'] = []
  return {
    ...hasher,
    calls,
    hash: (password) => {
      calls.push({ verb: 'hash', parameters: '', passwordLength: password.length })
      return hasher.hash(password)
    },
    verify: (passwordHash, password) => {
      // What decides the cost of a PHC string: `$argon2id$v=19$m=…,t=…,p=…`.
      const parameters = passwordHash.split('$').slice(0, 4).join('$')
      calls.push({ verb: 'verify', parameters, passwordLength: password.length })
      return hasher.verify(passwordHash, password)
    }
  }
}

export async function openUsers(test: Test): Promise<{ users: Users; hasher: CountingHasher }> {
  const store = await openStore({ path: null })
  test.teardown(() => store.close())
  const hasher = createCountingHasher()
  return { users: createUsers({ store: store.users, hasher }), hasher }
}
