/** The thread that proves one settings file: it is given what proofs read, answers what they find, and ends. */
import { parentPort, workerData } from 'node:worker_threads'
import { type ProvableSettings, proveSettings } from './prove-settings.js'

parentPort?.postMessage(await proveSettings(workerData as ProvableSettings))
