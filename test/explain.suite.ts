import './explain/explains-as-the-gateway-answers.test.js'
import './explain/remembers-the-latest-decisions.test.js'
