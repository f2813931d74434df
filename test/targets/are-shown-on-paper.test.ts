import t from 'tap'
import { explainPaper, findAlsoChanged } from '../../gateway/on-paper/index.js'
import { settingsOf } from '../helpers/gateway.js'
import { policy } from './targets.js'

const settings = (urls: readonly string[], keys?: string) => settingsOf(policy(urls, keys), '/etc/portcullis')
const [a, b, c] = ['https://a:1', 'https://b:2', 'https://c:3']

t.test('a comparison tells that endpoints differ, in whatever order, and who is believed', async (t) => {
  t.same(findAlsoChanged(settings([a, b]), settings([b, a])), [])
  t.same(findAlsoChanged(settings([a, b]), settings([a, c])), [
    { path: 'upstreams.web.urls', old: `${a}, ${b}`, new: `${a}, ${c}` }
  ])
  t.same(findAlsoChanged(settings([a]), settings([a, b])), [
    { path: 'upstreams.web.url', old: a, new: null },
    { path: 'upstreams.web.urls', old: null, new: `${a}, ${b}` }
  ])
  t.same(findAlsoChanged(settings([a]), settings([a], 'tls: { insecure_skip_verify: true }')), [
    { path: 'upstreams.web.tls.insecure_skip_verify', old: 'false', new: 'true' }
  ])
})

t.test('an explanation names every place where the request may go', async (t) => {
  const request = {
    ...{ method: 'GET', target: '/x?y=1', authority: 'gateway.test', address: '10.0.0.1' },
    authentication: { kind: 'anonymous' } as const
  }
  t.same(explainPaper(settings([a, b, c]), request).upstream, {
    name: 'web',
    url: `${a}/x?y=1`,
    others: [`${b}/x?y=1`, `${c}/x?y=1`]
  })
  t.same(explainPaper(settings([a]), request).upstream, { name: 'web', url: `${a}/x?y=1` })
})
