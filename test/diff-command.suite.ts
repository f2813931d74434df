import './diff/answers-a-pull-request.test.js'
