import './storms/what-was-confirmed-outlives-kill-9.test.js'
import './storms/many-uses-of-one-refresh-token-have-one-successor.test.js'
import './storms/a-clock-that-jumps-revives-nothing.test.js'
