import type { Shot } from '../attack.js'

/** The pieces of a path that attacks on paths are put together from. */
export function segmentsOf({ position, open }: Pick<Shot, 'position' | 'open'>): Readonly<Record<string, string>> {
  const { path } = position
  const cut = path.lastIndexOf('/')
  const [folder, last] = [path.slice(0, cut), path.slice(cut + 1)]
  const firstEnd = path.indexOf('/', 1)
  const [first, rest] = firstEnd === -1 ? [path, ''] : [path.slice(0, firstEnd), path.slice(firstEnd)]
  const letter = /[a-z]/i.exec(folder === '' ? path : folder)?.index ?? 1
  const code = path.charCodeAt(letter).toString(16)
  return {
    path,
    bare: path.slice(1),
    folder,
    last,
    first,
    rest,
    open,
    upper: path.toUpperCase(),
    capital: path.replaceAll(/\/[a-z]/g, (start) => start.toUpperCase()),
    lastUpper: `${folder}/${last.toUpperCase()}`,
    folderUpper: `${folder.toUpperCase()}/${last}`,
    escaped: `${path.slice(0, letter)}%${code}${path.slice(letter + 1)}`,
    twice: `${path.slice(0, letter)}%25${code}${path.slice(letter + 1)}`
  }
}

/** As many steps up as lead out of a folder. */
export const climb = (folder: string, step: string): string => `/${step}`.repeat(folder.split('/').length - 1)
