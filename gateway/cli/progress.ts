const WIDTH = 24
const EVERY_MS = 100

/** How far a long piece of work has come, on one line of standard error; nothing where that is no terminal. */
export function createProgress(totalBytes: number | null) {
  const shown = process.stderr.isTTY === true
  let nextMs = 0
  let drawn = false

  function draw(bytes: number, lines: number): void {
    const counted = `${lines.toLocaleString('en')} lines`
    const part = totalBytes === null || totalBytes === 0 ? null : Math.min(1, bytes / totalBytes)
    const filled = Math.round((part ?? 0) * WIDTH)
    const bar = part === null ? '' : `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)} ${Math.round(part * 100)} %  `
    process.stderr.write(`\r${bar}${counted}\u001b[K`)
    drawn = true
  }

  return {
    note(bytes: number, lines: number): void {
      if (!shown || performance.now() < nextMs) return
      nextMs = performance.now() + EVERY_MS
      draw(bytes, lines)
    },
    /** Leaves the line empty for what follows. */
    end(): void {
      if (drawn) process.stderr.write('\r\u001b[K')
    }
  }
}
