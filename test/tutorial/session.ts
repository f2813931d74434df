import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Test } from 'tap'
import { COMMAND, type Running, runCommand, startCommand } from '../helpers/command.js'
import { type Block, blocksOf } from '../helpers/documentation.js'
import { makePlace, type Place } from '../helpers/gateway-process.js'

/** What stands between the outputs of two blocks; nothing that is shown contains it. */
const END = '\x1e'

/** Commands of the page, what it says they show, and what they showed. */
export interface Step {
  readonly commands: string
  /** Empty: the page says nothing of it. */
  readonly expected: string
  readonly shown: string
}

export interface Followed extends Place {
  readonly gateway: Running
  readonly steps: readonly Step[]
  /** The text of a block that is neither commands nor what they show. */
  readonly fileOf: (name: string) => string
}

/** The address of the page and those of its own that a test may use at the same time as others. */
const moved = (text: string, { port, adminPort }: Place) =>
  text.replaceAll('127.0.0.1:8080', `127.0.0.1:${port}`).replaceAll('127.0.0.1:9901', `127.0.0.1:${adminPort}`)

/** Puts `portcullis` on the path, as `npm link` does. */
function linkCommand(folder: string): string {
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, 'portcullis'), `#!/bin/sh\nexec ${process.execPath} ${COMMAND} "$@"\n`)
  chmodSync(join(bin, 'portcullis'), 0o755)
  return `${bin}${delimiter}${process.env.PATH ?? ''}`
}

const isCommands = ({ language, name }: Block) => language === 'bash' && name === ''

/** Does what a page says: its files, its gateway, and then all of its commands in one shell, in their order. */
export async function follow(t: Test, page: string): Promise<Followed> {
  const place = await makePlace(t, '')
  const blocks = blocksOf(page).map((block) => ({ ...block, text: moved(block.text, place) }))
  const named = (name: string) => {
    const block = blocks.find((one) => one.name === name)
    if (block === undefined) throw new Error(`no block "${name}" in ${page}`)
    return block.text
  }
  writeFileSync(place.file, named('gateway.yaml'))
  const env = { PATH: linkCommand(place.folder) }
  const start = named('in a terminal of its own')
  const gateway = startCommand(t, ['-c', start], { cwd: place.folder, env, command: ['bash'] })
  await gateway.seen('Portcullis listens on')

  const script = join(place.folder, 'page.sh')
  const commands = blocks.filter(isCommands)
  writeFileSync(script, `exec 2>&1\n${commands.map(({ text }) => `${text}printf '${END}'\n`).join('')}`)
  const { stdout } = await runCommand(t, [script], { cwd: place.folder, env, command: ['bash'] })
  const outputs = stdout.replaceAll('\r', '').split(END)
  const steps = blocks.flatMap((block, at) => {
    if (!isCommands(block)) return []
    const next = blocks[at + 1]
    const expected = next?.language === 'text' ? next.text : ''
    return [{ commands: block.text, expected, shown: outputs[commands.indexOf(block)] ?? '' }]
  })
  return { ...place, gateway, steps, fileOf: named }
}

/** Whether it is what the page shows, where `…` alone in a line is any lines, and within a line any text. */
export function isAsShown(shown: string, expected: string): boolean {
  const lines = expected.trimEnd().split('\n')
  const pattern = lines.map((line) => {
    if (line === '…') return '(?:.*\n)*?'
    return `${line
      .split('…')
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*?')}\n`
  })
  return new RegExp(`^${pattern.join('')}$`).test(`${shown.trimEnd()}\n`)
}
