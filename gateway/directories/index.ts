/**
 * directories: users that somebody else keeps, behind the verbs of `UserDirectory`.
 * It knows how files and databases spell a user.
 * It must never know tokens, sessions, HTTP, how passwords are verified, or the store that mirrors its users.
 * State: the users of a file as it was last read; a pool of connections.
 */
export { type DjangoMapping, DumpRefused, parseDumpdata } from './dumpdata.js'
export { type HtpasswdFault, parseHtpasswd } from './htpasswd.js'
export { parseJson } from './json-text.js'
export { createListedDirectory, type ListedDirectory } from './listed-directory.js'
export { createPostgresDirectory, type PostgresDirectory, type PostgresOptions } from './postgres.js'
