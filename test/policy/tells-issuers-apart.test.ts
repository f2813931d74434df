import t from 'tap'
import type { Condition } from '../../gateway/domain.js'
import { judgeOne } from './judge-one.js'
import { as, oneOf } from './make-rules.js'

const judge = (issuer: string, ...conditions: Condition[]) =>
  judgeOne({ allow: oneOf(...conditions), authentication: as({ issuer, roles: ['admin'] }) })

t.test('a condition on issuers holds for tokens of those issuers', (t) => {
  t.ok(judge('corp', { issuers: ['corp'] }).allow)
  t.ok(judge('self', { issuers: ['corp', 'self'] }).allow)
  for (const issuer of ['self', 'Corp', 'corp2', 'cor', '']) {
    t.match(judge(issuer, { issuers: ['corp'] }), { allow: false, because: 'access_denied' }, issuer)
  }
  t.end()
})

t.test('it holds together with the other entries of its map, and not with those of another', (t) => {
  t.ok(judge('corp', { issuers: ['corp'], roles: ['admin'] }).allow)
  t.notOk(judge('self', { issuers: ['corp'], roles: ['admin'] }).allow)
  t.notOk(judge('corp', { issuers: ['corp'], roles: ['user'] }).allow)
  t.notOk(judge('corp', { issuers: ['self'], roles: ['admin'] }, { issuers: ['corp'], roles: ['user'] }).allow)
  t.end()
})

t.test('it needs an identity', (t) => {
  const allow = oneOf({ issuers: ['self', 'corp'] })
  t.match(judgeOne({ allow, authentication: { kind: 'anonymous' } }), { allow: false, because: 'missing_token' })
  t.match(judgeOne({ allow, authentication: { kind: 'bad', because: 'issuer_unavailable' } }), {
    allow: false,
    because: 'issuer_unavailable',
    credential: 'issuer_unavailable',
    subject: null
  })
  t.end()
})
