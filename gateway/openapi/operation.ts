import type { Allow } from '../domain.js'
import type { Pointer } from './pointer.js'

/** One operation of a document, in terms of a policy. */
export interface Operation {
  readonly method: string
  /** The path as the document writes it, without the servers' part. */
  readonly template: string
  /** The same as a pattern, with the servers' part. */
  readonly pattern: string
  /** Where the document has it. */
  readonly pointer: Pointer
  readonly id: string | null
  readonly summary: string | null
  readonly allow: Allow
  /** False: the document says nothing of security, and `allow` is only a guess. */
  readonly isStated: boolean
  /** Name of the server that it is sent to. */
  readonly server: string
  /** What of the document could not be said in a rule, a sentence each. */
  readonly notes: readonly string[]
}

/** A service as the document's `servers` tell of it. */
export interface Server {
  readonly name: string
  /** null: the document does not say. */
  readonly origin: string | null
}

/** `GET /pets/{petId}`. */
export const nameOf = ({ method, template }: Pick<Operation, 'method' | 'template'>): string => `${method} ${template}`

/** What fits it: names of segments make no difference. */
export const keyOf = ({ method, pattern }: Operation): string => `${method} ${pattern.replace(/\{[^}]*\}/g, '{}')}`
