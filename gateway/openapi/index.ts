/**
 * OpenAPI documents, as an operator's convenience: text of a document → its operations, and from these the text of a
 * settings file, or what an existing policy makes of them. Pure; nothing is fetched.
 * Must never know: files, how a rule is matched (handed in), what else a settings file can hold.
 * State: none.
 */
export { type Coverage, compareWithPolicy, type Gap, type Meeting } from './compare-with-policy.js'
export type { Operation } from './operation.js'
export { type Api, readApi, type SpecMistake } from './read-api.js'
export { oneLine } from './scalar.js'
export { showAllow } from './write-allow.js'
export { writeSettings } from './write-settings.js'
