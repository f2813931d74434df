import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { blocksOf } from '../helpers/documentation.js'
import { settingsOf } from '../helpers/gateway.js'
import { CLONE } from '../helpers/gateway-process.js'

t.test('the settings that a page shows are read, forward the token, and sign for the service', (t) => {
  const pages = readdirSync(join(CLONE, 'docs', 'upstreams')).filter((page) => page !== 'README.md')
  t.strictSame(pages.sort(), ['django-rest-framework.md', 'express.md', 'fastapi.md', 'go.md', 'spring.md'])
  for (const page of pages) {
    const shown = blocksOf(`upstreams/${page}`).find(({ name }) => name === 'gateway.yaml')
    const { tokens, upstreams, identity } = settingsOf(shown?.text ?? '', '/')
    t.match(tokens, { issuer: 'https://api.example.com', audience: ['api'], algorithm: 'ES256' }, page)
    t.match(upstreams, { orders: { origins: ['http://127.0.0.1:9001'], forwardAuthorization: true } }, page)
    t.ok(identity.assertion, page)
  }
  t.end()
})
