/** `PRAGMA application_id` of our files ("PCLS"), so that another program's database is never written to. */
export const applicationId = 0x50434c53

/**
 * Steps from an empty file to the present schema; `PRAGMA user_version` is how many a file has taken. A step that was
 * ever released is never edited. Times are REAL because a NumericDate may have a fraction (RFC 7519 §2).
 */
export const steps: readonly string[] = [
  `
  CREATE TABLE users (
    id TEXT PRIMARY KEY,
    username TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    roles TEXT NOT NULL,
    attributes TEXT NOT NULL,
    disabled INTEGER NOT NULL DEFAULT 0,
    generation INTEGER NOT NULL DEFAULT 1,
    generation_until REAL NOT NULL DEFAULT 0, -- When the last access token of an older generation expires.
    created_at REAL NOT NULL,
    last_login_at REAL,
    password_changed_at REAL NOT NULL
  ) STRICT;
  CREATE INDEX users_by_generation_until ON users (generation_until);

  -- A session has one live refresh token, 'current_hash', by construction; 'previous_hash' is the one spent for it.
  CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    current_hash BLOB NOT NULL,
    previous_hash BLOB,
    sealed_current BLOB, -- The current token, readable only with the previous one.
    sealed_until REAL,
    created_at REAL NOT NULL,
    last_used_at REAL NOT NULL, -- Of the sign-in or the last rotation, when 'previous_hash' was spent.
    idle_expires_at REAL NOT NULL, -- Of the current token, never after the absolute expiry.
    absolute_expires_at REAL NOT NULL,
    access_until REAL NOT NULL, -- When the last access token issued in it expires.
    ended_at REAL,
    end_reason TEXT,
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL
  ) STRICT;
  CREATE INDEX sessions_by_user ON sessions (user_id);
  CREATE INDEX sessions_open ON sessions (idle_expires_at) WHERE ended_at IS NULL;
  CREATE INDEX sessions_ended ON sessions (access_until) WHERE ended_at IS NOT NULL;
  CREATE INDEX sessions_sealed ON sessions (sealed_until) WHERE sealed_current IS NOT NULL;

  -- Every refresh token ever issued in a session that is still kept: what is here and not current has been spent.
  CREATE TABLE refresh_tokens (
    hash BLOB PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);
  `,
  `
  -- Access tokens that belong to no session and were revoked before 'until', when they expire.
  CREATE TABLE revoked_tokens (
    id TEXT PRIMARY KEY,
    until REAL NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX revoked_tokens_by_until ON revoked_tokens (until);
  `,
  `
  ALTER TABLE users ADD COLUMN networks TEXT NOT NULL DEFAULT '[]'; -- Signed in from, the latest first.

  -- What outlives a user: the id, for good, and what revokes the access tokens that may still be alive.
  CREATE TABLE removed_users (
    id TEXT PRIMARY KEY,
    generation INTEGER NOT NULL,
    generation_until REAL NOT NULL,
    removed_at REAL NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX removed_users_by_generation_until ON removed_users (generation_until);
  CREATE TRIGGER users_ids_are_not_reused BEFORE INSERT ON users
    WHEN EXISTS (SELECT 1 FROM removed_users WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'the id belonged to a user who was removed'); END;
  `,
  `
  -- A user that another directory keeps: its name, and the key there. 'password_hash' then only marks the password.
  ALTER TABLE users ADD COLUMN directory TEXT;
  ALTER TABLE users ADD COLUMN directory_key TEXT;
  CREATE UNIQUE INDEX users_by_directory ON users (directory, directory_key) WHERE directory IS NOT NULL;
  `,
  `
  -- Fewer pages to write with each sign-in and each rotation. A session keeps its last two tokens itself, and names
  -- itself in each of them; only those before are kept apart. What runs out is found by walking the sessions.
  CREATE TABLE spent_tokens (
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    hash BLOB NOT NULL,
    PRIMARY KEY (session_id, hash)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO spent_tokens SELECT session_id, hash FROM refresh_tokens JOIN sessions ON sessions.id = session_id
    WHERE hash IS NOT current_hash AND hash IS NOT previous_hash;
  DROP TABLE refresh_tokens;
  DROP INDEX sessions_open;
  DROP INDEX sessions_sealed;
  `
]
