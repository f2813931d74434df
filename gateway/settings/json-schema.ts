import { z } from 'zod'
import { settingsSchema } from './schema.js'

type Json = z.core.JSONSchema.JSONSchema

/** The JSON Schema (draft 2020-12) of the file before reading, for editors. */
export function createJsonSchema(): Json {
  const { $schema, ...schema } = z.toJSONSchema(settingsSchema, { io: 'input' })
  return {
    ...($schema === undefined ? {} : { $schema }),
    title: 'Settings of the Portcullis gateway',
    ...(openToEnvironment(schema) as Json)
  }
}

const reference = { type: 'string', pattern: '\\$\\{' }

/** Whatever a scalar must look like, a `${NAME}` may stand in its place. */
function openToEnvironment(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(openToEnvironment)
  if (typeof schema !== 'object' || schema === null) return schema
  const opened = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => {
      // Names of a map are not interpolated; defaults and patterns are data.
      return [key, ['default', 'enum', 'propertyNames', 'required'].includes(key) ? value : openToEnvironment(value)]
    })
  )
  const { description, default: otherwise, ...form } = opened
  const closed = 'pattern' in form || 'enum' in form || form.type === 'integer' || form.type === 'boolean'
  if (!closed) return opened
  return {
    ...(description === undefined ? {} : { description }),
    ...(otherwise === undefined ? {} : { default: otherwise }),
    anyOf: [form, reference]
  }
}
