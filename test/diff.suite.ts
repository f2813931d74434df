import './diff/finds-the-one-change-among-a-thousand-rules.test.js'
import './diff/agrees-with-asking-both-judges.test.js'
