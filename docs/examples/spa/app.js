// A page whose session is in cookies that no script can read: there is no token in here, and nothing to store.

const post = (path, fields) =>
  fetch(path, {
    method: 'POST',
    ...(fields && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(fields) })
  })

let refreshing = null

/** Whatever needs it at the same time shares one refresh; other tabs are no matter, the gateway expects them. */
function refresh() {
  refreshing ??= post('/auth/refresh').finally(() => {
    refreshing = null
  })
  return refreshing
}

/** Calls the API. When the access token has expired it is refreshed once, and nobody notices. */
async function call(path, options) {
  const response = await fetch(path, options)
  if (response.status !== 401) return response
  const refreshed = await refresh()
  return refreshed.ok ? fetch(path, options) : response
}

const element = (selector) => document.querySelector(selector)

/** Where to go after signing in: a path of this site, whatever the address of this page says. */
function wayBack() {
  const back = new URLSearchParams(location.search).get('return_to') ?? '/'
  const url = new URL(back, location.origin)
  return url.origin === location.origin && url.pathname !== '/login' ? url.href : '/'
}

async function showSignIn() {
  // The access token may be all that has expired.
  if ((await refresh()).ok) return location.replace(wayBack())
  const form = element('#sign-in form')
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    const { username, password } = Object.fromEntries(new FormData(form))
    const response = await post('/auth/login', { username, password, cookies: true })
    if (response.ok) return location.replace(wayBack())
    const { title } = await response.json()
    element('#sign-in [role="alert"]').textContent = `${title}.`
  })
  element('#sign-in').hidden = false
  form.username.focus()
}

async function showApp() {
  const response = await call('/auth/userinfo')
  if (!response.ok) return location.assign('/login')
  const { username } = await response.json()
  element('#who').textContent = username
  element('#load').addEventListener('click', async () => {
    const orders = await call('/api/orders')
    if (orders.status === 401) return location.assign('/login')
    element('output').textContent = JSON.stringify(await orders.json(), null, 2)
  })
  element('#sign-out').addEventListener('click', async () => {
    await post('/auth/logout')
    location.assign('/login')
  })
  element('#app').hidden = false
}

if (location.pathname === '/login') showSignIn()
else showApp()
