import t from 'tap'
import { testRecipe } from './test-recipe.js'

t.test('a service in Express, as its page has it', (t) => testRecipe(t, 'express.md', 'verify.mjs'))
