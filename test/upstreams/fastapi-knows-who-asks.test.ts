import t from 'tap'
import { testRecipe } from './test-recipe.js'

t.test('a service in FastAPI, as its page has it', (t) => testRecipe(t, 'fastapi.md', 'verify.py'))
