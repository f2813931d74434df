import type { Test } from 'tap'
import { resign } from '../helpers/forge.js'
import { tryAssertions, tryFields, tryTokens } from './attacks.js'
import { startRecipe } from './recipe.js'

/** The three ways of a page whose service reads the gateway's own tokens and X-User-Id. */
export async function testRecipe(t: Test, page: string, verifier: string): Promise<void> {
  const recipe = await startRecipe(t, page, { verifier })
  const { gateway } = recipe
  const { access_token: token, refresh_token: refresh } = await gateway.login('ada')
  const { id } = (await gateway.resources.users.show('ada')).user
  t.test('by the fields of the gateway', (t) =>
    tryFields(t, recipe, {
      path: '/fields',
      token,
      seen: { id, roles: ['editor'] },
      forged: { 'x-user-id': 'mallory' }
    })
  )
  t.test("by the client's token", (t) => {
    const others = {
      'of another type': resign(gateway.resources.keyring, token, { header: { typ: 'JWT' } }),
      'of no type': resign(gateway.resources.keyring, token, { header: { typ: undefined } }),
      'without a subject': resign(gateway.resources.keyring, token, { claims: { sub: undefined } }),
      'a refresh token': refresh
    }
    return tryTokens(t, recipe, { path: '/token', token, others })
  })
  t.test('by the assertion', (t) => tryAssertions(t, recipe, token))
}
