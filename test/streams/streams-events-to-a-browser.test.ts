import type { ServerResponse } from 'node:http'
import t from 'tap'
import { startBrowser } from '../helpers/browser.js'
import { eventually } from '../helpers/eventually.js'
import { startGateway } from '../helpers/gateway.js'
import { startUpstream } from '../helpers/upstream.js'
import { openSite } from './open-site.js'

const PAGE = `<!doctype html><title>events</title><p id="seen"></p><p id="state">closed</p><script>
const source = new EventSource('/events')
source.onopen = () => { document.getElementById('state').textContent = 'open' }
source.onmessage = ({ data, lastEventId }) => { document.getElementById('seen').textContent += lastEventId + '=' + data + ' ' }
</script>`

t.test('a page hears of each event as it is sent, and goes on after a break', { timeout: 120_000 }, async (t) => {
  const streams: ServerResponse[] = []
  const upstream = await startUpstream(t, (request, response) => {
    if (request.url === '/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
      // The page's `open` is for the header section alone.
      response.flushHeaders()
      streams.push(response)
    } else response.setHeader('content-type', 'text/html').end(PAGE)
  })
  const { url, access } = await startGateway(t, openSite(upstream.url))
  const browser = await startBrowser(t)
  const page = await browser.newPage()
  await page.goto(`${url}/`)
  const reads = (id: string, text: string) =>
    page.waitForFunction(`document.getElementById('${id}').textContent.includes('${text}')`, null, { timeout: 120_000 })
  await reads('state', 'open')
  t.pass('open, before there is an event')
  for (const event of ['one', 'two', 'three']) {
    streams[0]?.write(`id: ${event}\nretry: 100\ndata: ${event}!\n\n`)
    await reads('seen', `${event}=${event}!`)
    t.pass(`${event} has come before the next is sent`)
  }
  streams[0]?.socket?.destroy()
  await eventually(() => streams.length === 2, 'it asks again', 30_000)
  t.equal(upstream.last().headers['last-event-id'], 'three', 'and says what it has heard')
  streams[1]?.write('id: four\ndata: four!\n\n')
  await reads('seen', 'four=four!')
  const left = new Promise((resolve) => streams[1]?.once('close', resolve))
  await page.close()
  await left
  t.pass('the upstream hears that the page is closed')
  await eventually(() => access.filter(({ path }) => path === '/events').length === 2, 'their lines in the log')
  t.ok(access.filter(({ path }) => path === '/events').every(({ complete }) => complete === false))
})
