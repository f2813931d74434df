import './compat/answers-odd-requests-as-the-original.test.js'
