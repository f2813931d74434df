/** Rows under their heads, in columns as wide as their widest cell. */
export function showTable(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  { ruled, indent }: { readonly ruled: boolean; readonly indent: string }
): string {
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    `${indent}${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd()
  const rule = ruled ? [widths.map((width) => '─'.repeat(width))] : []
  return [heads, ...rule, ...rows].map(line).join('\n')
}
