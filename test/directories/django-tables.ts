import { cheapHasher } from '../helpers/gateway.js'

export const PASSWORD = 'correct horse battery staple'

/** The tables of Django 3.2's `auth`, as its migrations make them, as far as users go. */
export const djangoTables = (user = 'auth_user', column = 'user_id') => `
  create table auth_group (id serial primary key, name varchar(150) not null unique);
  create table ${user} (
    id serial primary key, password varchar(128) not null, last_login timestamptz, is_superuser boolean not null,
    username varchar(150) not null unique, first_name varchar(150) not null, last_name varchar(150) not null,
    email varchar(254) not null, is_staff boolean not null, is_active boolean not null, date_joined timestamptz not null
  );
  create table ${user}_groups (
    id serial primary key, ${column} integer not null references ${user}, group_id integer not null references auth_group,
    unique (${column}, group_id)
  );
`

let made: Promise<string> | null = null
/** One hash of PASSWORD, the same each time: another would be another password. */
const hashOnce = () => {
  made ??= cheapHasher()
    .hash(PASSWORD)
    .then((hash) => `argon2${hash}`)
  return made
}

export interface Row {
  readonly username: string
  readonly groups?: readonly string[]
  readonly active?: boolean
  readonly superuser?: boolean
  readonly staff?: boolean
}

/** Statements that add users whose password is PASSWORD. */
export async function addDjangoUsers(rows: readonly Row[], user = 'auth_user', column = 'user_id'): Promise<string> {
  const hash = await hashOnce()
  const statements = rows.flatMap(({ username, groups = [], active = true, superuser = false, staff = false }) => [
    `insert into ${user} (password, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined)
     values ('${hash}', ${superuser}, '${username}', 'Ada', 'Lovelace', '', ${staff}, ${active}, now());`,
    ...groups.flatMap((group) => [
      `insert into auth_group (name) values ('${group}') on conflict do nothing;`,
      `insert into ${user}_groups (${column}, group_id)
       select u.id, g.id from ${user} u, auth_group g where u.username = '${username}' and g.name = '${group}';`
    ])
  ])
  return statements.join('\n')
}

/** Cheap hashes, and one protected area for each role. */
export const policy = (source: string) => `
users:
  source: { postgres: ${source} }
  hash: { memory: 8kb, passes: 1, insecure_weak_hash: true }
tokens: { claims: { full_name: user.full_name, django_id: user.django_id }, refresh: { reuse_grace: 0s } }
upstreams: { site: { url: "http://127.0.0.1:9" } }
rules: [{ path: /**, allow: authenticated, to: site }]
`

export const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>
