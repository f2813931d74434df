import { type Attack, type Forgery, line, requestFrom } from '../attack.js'

/** null: what it takes is not there. */
export type Forge = (forgery: Forgery) => string | null

const WHY_FORGED = 'Whoever can write a token is whoever they like.'

/** An attack that shows a forged token where a genuine one passes. */
export const forged = (name: string, source: string, forge: Forge, why = WHY_FORGED): Attack => ({
  id: `tokens/${name.toLowerCase()}`,
  family: 'tokens',
  why,
  source,
  from: ['token-passes'],
  due: 'refusal',
  send: ({ position, forgery }) => {
    const token = forge(forgery)
    return token === null ? null : requestFrom(position, { authorization: line('Authorization', `Bearer ${token}`) })
  }
})
