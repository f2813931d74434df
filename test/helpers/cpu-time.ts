/** How many milliseconds of a processor this process takes for it; what else the machine has to do does not count. */
export function cpuMsOf(act: () => void): number {
  const before = process.cpuUsage()
  act()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}
