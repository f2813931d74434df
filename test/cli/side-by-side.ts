/** Imported first by a suite of processes: its tests mostly wait for them, so a few run at a time. */
import t from 'tap'

t.jobs = 4
// `npm test` has a bound for the whole suite.
t.setTimeout(0)
