import './compat/answers-odd-requests-as-the-original.test.js'
import './compat/tokens-end-as-those-of-the-original.test.js'
