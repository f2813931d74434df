import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { bearer, settingsOf, startGateway, verdictOf } from '../helpers/gateway.js'
import { site } from '../helpers/site.js'
import { startUpstream } from '../helpers/upstream.js'
import { basic, tokenOf } from './services-fixture.js'

const page = readFileSync(new URL('../../../docs/services.md', import.meta.url), 'utf8')
const [, mesh = ''] = /```yaml\n(.*?)```/s.exec(page) ?? []
const SECRETS = { ORDERS_SECRET: 'o'.repeat(32), BILLING_SECRET: 'b'.repeat(32) }

t.test('one service calls the other with its own token, and no more than it may', async (t) => {
  const billing = await startUpstream(t)
  // Calls billing for whoever asks, as an upstream that holds a secret does.
  let callBilling = async () => ''
  const orders = await startUpstream(t, async (_request, response) => response.end(await callBilling()))
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-mesh-'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  const settings = settingsOf(mesh, directory, { ...SECRETS, ORDERS_URL: orders.url, BILLING_URL: billing.url })
  const services = await startGateway(t, site(billing.url, 'public_url: https://api.example.com'), [
    { username: 'alice', roles: ['user'] }
  ])
  services.gateway.reload(settings)
  const { url } = services
  const asOrders = basic('orders', SECRETS.ORDERS_SECRET)
  callBilling = async () => {
    const headers = bearer((await tokenOf({ url }, asOrders)).access_token)
    return verdictOf(await fetch(`${url}/billing/invoices/42`, { method: 'POST', headers }))
  }

  const alice = bearer((await services.login('alice')).access_token)
  t.equal(await (await fetch(`${url}/orders/7`, { method: 'POST', headers: alice })).text(), '200')
  t.match(billing.last(), { method: 'POST', url: '/invoices/42', headers: { 'x-user-id': 'orders' } })

  const ordersToken = bearer((await tokenOf({ url }, asOrders)).access_token)
  const billingToken = bearer((await tokenOf({ url }, basic('billing', SECRETS.BILLING_SECRET))).access_token)
  const asked = async (method: string, path: string, headers: Record<string, string>) =>
    verdictOf(await fetch(url + path, { method, headers }))
  t.equal(await asked('GET', '/orders/7', billingToken), '200')
  t.equal(await asked('POST', '/orders/7', billingToken), '403 access_denied')
  t.equal(await asked('POST', '/billing/invoices/42', billingToken), '403 insufficient_scope')
  t.equal(await asked('GET', '/billing/invoices/42', ordersToken), '403 access_denied')
  t.equal(await asked('POST', '/billing/invoices/42', alice), '403 insufficient_scope')
})
