import t from 'tap'
import { createBrowsers } from '../../gateway/browsers/index.js'

const cookies = { enabled: true, sameSite: 'lax', loginUrl: null, secure: true } as const
const cors = { origins: [], credentials: false }

t.test('the own origin is compared as browsers write it', (t) => {
  const { provesOrigin } = createBrowsers({ cookies, cors, publicUrl: null })
  for (const [here, origin, proved] of [
    ['https://api.example.com:443', 'https://api.example.com', true],
    ['http://API.example.com:80', 'http://api.example.com', true],
    ['http://api.example.com:8080', 'http://api.example.com:8080', true],
    ['http://api.example.com:8080', 'http://api.example.com', false],
    ['', 'null', false],
    ['data:x', 'null', false],
    ['://', 'https://api.example.com', false]
  ] as const) {
    t.equal(
      provesOrigin({ origin }, () => here),
      proved,
      `${origin} at ${here}`
    )
  }
  t.end()
})

t.test('with a public URL the request is not asked', (t) => {
  const { provesOrigin } = createBrowsers({ cookies, cors, publicUrl: 'https://api.example.com' })
  const here = () => t.fail('asked')
  t.equal(
    provesOrigin({ origin: 'https://api.example.com' }, () => String(here())),
    true
  )
  t.end()
})
