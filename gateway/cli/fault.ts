/** Something the operator can mend: its message is all that is shown, and the exit code is 1. */
export class Fault extends Error {
  override name = 'Fault'
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the address is already in use',
  EADDRNOTAVAIL: 'the address is not one of this machine',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EEXIST: 'a file stands where a folder is expected',
  EISDIR: 'it is a folder',
  EMFILE: 'too many files are open',
  ENOENT: 'there is no such file or folder',
  ENOSPC: 'no space is left',
  ENOTDIR: 'a part of the path is not a folder',
  ENOTFOUND: 'the host name is not known',
  EPIPE: 'its reader is gone',
  EROFS: 'the file system is read-only'
}

/** What the system said, in words. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return REASONS[code ?? ''] ?? message.replaceAll(/\s+/g, ' ')
}

/** Turns a system error into a Fault that names what was tried. */
export function faultOf(what: string, error: unknown): Fault {
  return error instanceof Fault ? error : new Fault(`portcullis: ${what}: ${reasonOf(error)}`, { cause: error })
}
