import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { readHash } from '../../gateway/users/hash-formats/read-hash.js'
import { createPasswordHasher } from '../../gateway/users/index.js'

/** ASCII; letters of more than one byte, decomposed; as many bytes as all read; blanks. */
const passwords = ['correct horse', 'pa\u0308sswo\u0308rd \u{1f600}', 'y'.repeat(71), ' blanks around ']

const hashers = ['PBKDF2', 'PBKDF2SHA1', 'Argon2', 'BCryptSHA256', 'BCrypt']
  .map((name) => `'django.contrib.auth.hashers.${name}PasswordHasher'`)
  .join()

const DJANGO = `
import json, sys, django
from django.conf import settings
settings.configure(PASSWORD_HASHERS=[${hashers}])
from django.contrib.auth.hashers import make_password
names = ['pbkdf2_sha256', 'pbkdf2_sha1', 'argon2', 'bcrypt_sha256', 'bcrypt']
print(json.dumps([[n, p, make_password(p, hasher=n)] for p in json.loads(sys.argv[1]) for n in names]))
`

async function fits(test: Test, name: string, password: string, hash: string): Promise<void> {
  const read = readHash(hash)
  test.equal(await read?.verify(password), true, `${name}: ${password.slice(0, 16)}`)
  test.equal(await read?.verify(`${password}!`), false, `${name}: another password`)
  test.equal(await read?.verify(password.toUpperCase()), false, `${name}: another case`)
}

t.test("Django's hashes, made by Django", async (test) => {
  const made = execFileSync('/usr/bin/python3', ['-c', DJANGO, JSON.stringify(passwords)], { encoding: 'utf8' })
  for (const [name, password, hash] of JSON.parse(made) as [string, string, string][]) {
    await fits(test, name, password, hash)
  }
})

t.test("Django's scrypt, from Django's own tests", async (test) => {
  const hash =
    'scrypt$16384$seasalt$8$1$Qj3+9PPyRjSJIebHnG81TMjsqtaIGxNQG/aEB/NYafTJ7tibgfYz71m0ldQESkXFRkdVCBhhY8mx7rQwite/Pw=='
  test.equal(await readHash(hash)?.verify('l\u00e8tmein'), true)
  test.equal(await readHash(hash)?.verify('l\u00e8tmeinz'), false)
})

const ARGON2 = `
import json, sys
from argon2.low_level import hash_secret, Type
def encode(kind, version, size):
  return hash_secret(sys.argv[1].encode(), b'saltsalt', 2, 64, 2, size, kind, version).decode()
made = [(k.name, v, encode(k, v, s)) for k in Type for v in (16, 19) for s in (16, 32, 64)]
print(json.dumps(made + [(k, 'none', h.replace('$v=16', '')) for k, v, h in made if v == 16]))
`

t.test('every kind and version of Argon2, made by its reference implementation', async (test) => {
  const made = execFileSync('/usr/bin/python3', ['-c', ARGON2, 'correct horse'], { encoding: 'utf8' })
  const hashes = JSON.parse(made) as [string, string, string][]
  test.equal(hashes.length, 27)
  for (const [kind, version, hash] of hashes) {
    await fits(test, `${kind} ${version}`, 'correct horse', hash)
    await fits(test, `Django's ${kind} ${version}`, 'correct horse', `argon2${hash}`)
  }
})

t.test("Apache's hashes, made by htpasswd", async (test) => {
  for (const password of passwords) {
    for (const [name, option] of [
      ['apr1', '-m'],
      ['bcrypt', '-B']
    ] as const) {
      const line = execFileSync('htpasswd', ['-ni', option, 'ada'], {
        input: password,
        encoding: 'utf8'
      })
      await fits(test, name, password, line.trim().slice('ada:'.length))
    }
  }
})

t.test('bcrypt reads 72 bytes, as whoever made the hash did; bcrypt_sha256 all', async (test) => {
  const long = 'z'.repeat(80)
  const made = execFileSync('/usr/bin/python3', ['-c', DJANGO, JSON.stringify([long])], { encoding: 'utf8' })
  const hashes = new Map((JSON.parse(made) as [string, string, string][]).map(([name, , hash]) => [name, hash]))
  test.equal(await readHash(hashes.get('bcrypt') ?? '')?.verify(`${'z'.repeat(72)}other`), true)
  test.equal(await readHash(hashes.get('bcrypt_sha256') ?? '')?.verify(`${'z'.repeat(72)}other`), false)
})

t.test('what is read can be computed, however it was damaged', async () => {
  const digest = 'A'.repeat(43)
  const whole = [
    `$argon2id$v=19$m=64,t=1,p=2$c2FsdHNhbHQ$${digest}`,
    `argon2$argon2i$m=16,t=1,p=1$c2FsdHNhbHRz$${digest}`,
    `scrypt$16$salt$1$1$${'A'.repeat(86)}==`,
    `pbkdf2_sha256$9$salt$${digest}=`,
    `bcrypt$$2b$04$${'a'.repeat(53)}`,
    `$apr1$saltsalt$${'a'.repeat(22)}`
  ]
  const damage = fc.record({
    hash: fc.constantFrom(...whole),
    at: fc.nat(40),
    lost: fc.nat(2),
    put: fc.string({ unit: fc.constantFrom(...'0129$=,./+AZaz'), maxLength: 1 })
  })
  const computes = fc.asyncProperty(damage, async ({ hash, at, lost, put }) => {
    const damaged = hash.slice(0, at) + put + hash.slice(at + lost)
    // Numbers that grew are read, and take as long as they say.
    const numbers = (damaged.split(/\$[^$]{11,}/)[0] ?? '').match(/\d+/g) ?? []
    if (numbers.every((number) => Number(number) < 3000)) await readHash(damaged)?.verify('correct horse')
  })
  await fc.assert(computes, { interruptAfterTimeLimit: 2000, markInterruptAsFailure: false, numRuns: 20_000 })
})

t.test('what no password fits, hides nothing or would take an hour is not read', async (test) => {
  const digest = 'A'.repeat(43)
  for (const [name, hash] of [
    ['empty', ''],
    ['marked unusable by Django', '!kdfjgoiue5t9q8hwt'],
    ['a password in the clear', 'correct horse'],
    ['plain SHA-1', '{SHA}fEqNCco3Yq9h5ZUglD3CZJT4lBs='],
    ['crypt', 'rqXexS6ZhobKA'],
    ['MD5 of Django', 'md5$salt$0571f6e5a6a1f9d6ea3e9d6e3ad4d4ad'],
    ['SHA-1 of Django', `sha1$salt$${'a'.repeat(40)}`],
    ['no iterations', `pbkdf2_sha256$0$salt$${digest}=`],
    ['too many iterations', `pbkdf2_sha256$99999999$salt$${digest}=`],
    ['no salt', `pbkdf2_sha256$1000$$${digest}=`],
    ['a digest of another length', 'pbkdf2_sha256$1000$salt$AAAA='],
    ['an unknown digest', `pbkdf2_md5$1000$salt$${digest}=`],
    ['bcrypt of too many rounds', `$2b$31$${'a'.repeat(53)}`],
    ['bcrypt of an unknown revision', `$2x$10$${'a'.repeat(53)}`],
    ['scrypt of too much memory', `scrypt$16777216$salt$8$1$${'A'.repeat(86)}==`],
    ['scrypt whose work is no power of two', `scrypt$16385$salt$8$1$${'A'.repeat(86)}==`],
    ['argon2 of too much memory', `$argon2id$v=19$m=99999999,t=2,p=1$c2FsdHNhbHQ$${digest}`],
    ['argon2 of too many passes', `$argon2id$v=19$m=1024,t=9999,p=1$c2FsdHNhbHQ$${digest}`],
    ['argon2 of ten minutes', `$argon2id$v=19$m=2097152,t=100,p=1$c2FsdHNhbHQ$${digest}`],
    ['argon2 of no passes', `$argon2id$v=19$m=64,t=0,p=1$c2FsdHNhbHQ$${digest}`],
    ['argon2 of no lanes', `$argon2id$v=19$m=64,t=1,p=0$c2FsdHNhbHQ$${digest}`],
    ['argon2 of more lanes than its memory has', `$argon2id$v=19$m=31,t=1,p=4$c2FsdHNhbHQ$${digest}`],
    ['argon2 of another version', `$argon2id$v=17$m=64,t=1,p=1$c2FsdHNhbHQ$${digest}`],
    ['argon2 whose numbers are spelt otherwise', `$argon2id$v=19$m=064,t=1,p=1$c2FsdHNhbHQ$${digest}`],
    ['argon2 whose salt lost a character', `$argon2id$v=19$m=64,t=1,p=1$${'c'.repeat(13)}$${digest}`],
    ['argon2 whose hash lost characters', `$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$${digest.slice(0, 41)}`],
    ['scrypt of more work than its blocks allow', `scrypt$65536$salt$1$1$${'A'.repeat(86)}==`],
    ['bcrypt of too few rounds', `$2b$03$${'a'.repeat(53)}`],
    ['longer than any hash', `pbkdf2_sha256$1000$${'s'.repeat(2000)}$${digest}=`]
  ] as const) {
    test.equal(readHash(hash), null, name)
  }
  test.equal(await createPasswordHasher().verify('correct horse', 'correct horse'), false, 'and fits nothing')
})
