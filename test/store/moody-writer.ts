import { parentPort, workerData } from 'node:worker_threads'
import type { Order, Report } from '../../gateway/store/verbs.js'

const tell = (report: Report) => parentPort?.postMessage(report)

parentPort?.on('message', (order: Order) => {
  if (order === 'close') {
    parentPort?.close()
    return
  }
  const mood = order.args[0]
  if (mood === 'death') throw new Error('as asked')
  if (mood === 'hang') for (;;);
  if (mood === 'echo') tell({ kind: 'replies', replies: [{ id: order.id, value: mood }] })
})
if (workerData !== 'never') tell({ kind: 'ready' })
