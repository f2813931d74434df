import { spawn } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import type { Test } from 'tap'
import { CLONE } from './gateway-process.js'

export interface Position {
  readonly line: number
  readonly character: number
}

export interface Diagnostic {
  readonly message: string
  readonly range: { readonly start: Position }
}

/** An editor's view of one document; lines and characters count from 0. */
export interface OpenDocument {
  readonly diagnostics: readonly Diagnostic[]
  /** Each proposal with what is said of it. */
  readonly complete: (at: Position) => Promise<ReadonlyMap<string, string>>
  readonly hover: (at: Position) => Promise<string>
}

interface Message {
  readonly id?: number | string
  readonly method?: string
  readonly params?: unknown
  readonly result?: unknown
}

const settings = { validate: true, hover: true, completion: true, schemaStore: { enable: false } }

/** The yaml-language-server that editors run, spoken to over its standard streams as they do. */
export function startLanguageServer(t: Test) {
  const program = `${CLONE}node_modules/yaml-language-server/bin/yaml-language-server`
  const child = spawn(process.execPath, [program, '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => child.once('close', resolve))
  t.teardown(() => {
    child.kill()
    return ended
  })
  const answers = new Map<number, (result: unknown) => void>()
  const published = new Map<string, (diagnostics: readonly Diagnostic[]) => void>()
  let asked = 0

  function send(message: Message): void {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message })
    child.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  }

  function ask<T>(method: string, params: unknown): Promise<T> {
    const id = ++asked
    send({ id, method, params })
    return new Promise((resolve) => answers.set(id, (result) => resolve(result as T)))
  }

  function receive({ id, method, params, result }: Message): void {
    if (method === 'textDocument/publishDiagnostics') {
      const { uri, diagnostics } = params as { uri: string; diagnostics: Diagnostic[] }
      published.get(uri)?.(diagnostics)
    } else if (method === 'workspace/configuration' && id !== undefined) {
      const { items } = params as { items: { section?: string }[] }
      send({ id, result: items.map(({ section }) => (section === 'yaml' ? settings : {})) })
    } else if (method !== undefined && id !== undefined) send({ id, result: null })
    else if (typeof id === 'number') answers.get(id)?.(result)
  }

  let unread = Buffer.alloc(0)
  child.stdout.on('data', (chunk: Buffer) => {
    unread = Buffer.concat([unread, chunk])
    for (;;) {
      const head = unread.indexOf('\r\n\r\n')
      const length = Number(/Content-Length: (\d+)/.exec(unread.toString('latin1', 0, Math.max(0, head)))?.[1])
      const end = head + 4 + length
      if (head === -1 || unread.length < end) return
      receive(JSON.parse(unread.toString('utf8', head + 4, end)) as Message)
      unread = unread.subarray(end)
    }
  })

  const capabilities = { textDocument: { hover: { contentFormat: ['markdown'] } }, workspace: { configuration: true } }
  const ready = ask('initialize', { processId: process.pid, rootUri: pathToFileURL(CLONE).href, capabilities }).then(
    () => {
      send({ method: 'initialized', params: {} })
      send({ method: 'workspace/didChangeConfiguration', params: { settings: { yaml: settings } } })
    }
  )

  return {
    /** Opens `text` as if it lay in the clone under this name. */
    async open(name: string, text: string): Promise<OpenDocument> {
      await ready
      const uri = pathToFileURL(`${CLONE}${name}`).href
      const diagnosed = new Promise<readonly Diagnostic[]>((resolve) => published.set(uri, resolve))
      send({
        method: 'textDocument/didOpen',
        params: { textDocument: { uri, languageId: 'yaml', version: 1, text } }
      })
      const diagnostics = await diagnosed
      const place = (position: Position) => ({ textDocument: { uri }, position })
      return {
        diagnostics,
        async complete(at) {
          const { items } = await ask<{ items: Proposal[] }>('textDocument/completion', place(at))
          return new Map(items.map(({ label, documentation }) => [label, textOf(documentation)]))
        },
        async hover(at) {
          const answer = await ask<{ contents: Markup } | null>('textDocument/hover', place(at))
          return answer === null ? '' : textOf(answer.contents)
        }
      }
    }
  }
}

type Markup = string | { readonly value: string } | undefined

interface Proposal {
  readonly label: string
  readonly documentation?: Markup
}

const textOf = (markup: Markup) => (typeof markup === 'object' ? markup.value : (markup ?? ''))
