import type { TestGateway } from '../helpers/gateway.js'

/** The sum of a metric, over those of its series whose labels hold `part`. */
export async function figureOf({ resources }: TestGateway, name: string, part = ''): Promise<number> {
  const text = await resources.metrics.registry.metrics()
  return sumOf(text, name, part)
}

/** The same of a text in Prometheus' format. */
export function sumOf(text: string, name: string, part = ''): number {
  return text
    .split('\n')
    .filter((line) => (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && line.includes(part))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}
