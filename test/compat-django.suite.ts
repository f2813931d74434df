import './compat/answers-as-the-original.test.js'
import './compat/django-accepts-its-tokens.test.js'
