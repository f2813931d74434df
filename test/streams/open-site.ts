/** One upstream that anybody may reach, with more of its settings. */
export const openSite = (url: string, more = '') => `
upstreams: { web: { url: "${url}"${more === '' ? '' : `, ${more}`} } }
rules: [{ path: /**, allow: anyone, to: web }]
`

export const get = (path: string, ...lines: readonly string[]) =>
  `GET ${path} HTTP/1.1\r\nHost: a\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`

/** Of the last request on a connection: its line, fields and body are the gateway's affair; the path is the test's. */
export const pathOf = (bytes: Buffer) =>
  [...bytes.toString('latin1').matchAll(/(?:^|\n)[\w-]+ \/(\w*)[^\r\n]* HTTP\/1\.1\r/g)].at(-1)?.[1] ?? ''
