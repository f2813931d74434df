/** Long enough for the busiest machine. */
const PATIENCE_MS = 60_000

/**
 * Runs a time-boxed property again until what it has to have seen was seen: on a busy machine a box holds fewer cases.
 */
export function untilSeen(enough: () => boolean, run: () => void): void {
  const patientUntil = Date.now() + PATIENCE_MS
  do run()
  while (!enough() && Date.now() < patientUntil)
}
