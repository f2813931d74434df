import { writeFile } from 'node:fs/promises'
import { Fault, faultOf } from './fault.js'

/** Never over a file that is there: the file system decides, so that none that appears meanwhile is lost either. */
export async function writeNew(
  file: string,
  text: string,
  { force, mode }: { readonly force: boolean; readonly mode?: number }
): Promise<void> {
  try {
    await writeFile(file, text, { flag: force ? 'w' : 'wx', ...(mode === undefined ? {} : { mode }) })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new Fault(`portcullis: ${file} is there already and is left as it is: name another by -o, or add --force`)
    }
    throw faultOf(`cannot write ${file}`, error)
  }
}
