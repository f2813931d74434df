import './policy-tests/answers-in-forms-that-others-read.test.js'
import './policy-tests/judges-tests-as-requests.test.js'
import './policy-tests/keeps-a-file-that-fails-from-serving.test.js'
