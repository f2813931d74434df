import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { freePort } from '../helpers/command.js'
import { converse } from '../helpers/conversation.js'
import { startGateway } from '../helpers/gateway.js'
import { makeFolder, runServer, startNginx } from '../helpers/proxies.js'
import { type Answer, ask, type Question } from './ask.js'
import { openSite } from './open-site.js'

const TEXT = 'The quick brown fox jumps over the lazy dog.\n'.repeat(500)
const LARGE = Buffer.alloc(8 * 1024 * 1024, 'large')

/** A folder of files to serve. */
function makeFiles(t: Test): string {
  const folder = makeFolder(t)
  mkdirSync(join(folder, 'deeper'))
  writeFileSync(join(folder, 'text.txt'), TEXT)
  writeFileSync(join(folder, 'empty.txt'), '')
  writeFileSync(join(folder, 'large.bin'), LARGE)
  writeFileSync(join(folder, 'deeper', 'index.html'), '<p>deeper</p>')
  return folder
}

/** Boundaries are drawn by lot. */
const withoutBoundary = ({ fields, body }: Answer) => {
  const boundary = /boundary=(\S+)/.exec(fields.join('\n'))?.[1] ?? 'none'
  return [fields.join('\n'), body.toString('latin1')].map((text) => text.replaceAll(boundary, '-'))
}

/** What the gateway's client sees is what a client of the server itself would. */
async function comparesWell(t: Test, server: number, questions: readonly Question[]): Promise<readonly Answer[]> {
  const gateway = await startGateway(t, openSite(`http://127.0.0.1:${server}`, 'host: upstream'))
  const answers: Answer[] = []
  for (const question of questions) {
    const [alone, behind] = [await ask(server, question), await ask(gateway.port, question)]
    const what = `${question.method ?? 'GET'} ${question.path} ${JSON.stringify(question.headers ?? {})}`
    t.equal(behind.status, alone.status, what)
    t.equal(behind.reason, alone.reason, what)
    t.strictSame(withoutBoundary(behind), withoutBoundary(alone), what)
    answers.push(behind)
  }
  t.strictSame(gateway.failures, [])
  return answers
}

const statuses = (answers: readonly Answer[]) => answers.map(({ status }) => status)

t.test('nginx: files, ranges, conditions and compression pass untouched', async (t) => {
  const root = makeFiles(t)
  const block = `server {
    listen 80; root ${root}; sendfile on; absolute_redirect off; gzip on; gzip_types *; gzip_min_length 1; max_ranges 5;
    location = /hints { add_header X-Accel-Buffering no; add_header Set-Cookie a=1; add_header Set-Cookie b=2; return 200 ok; }
    location = /moved { return 301 /text.txt?x=1; }
    location = /none { return 204; }
  }`
  const port = await startNginx(t, block, { gateway: 0, app: 0 })
  const { headers } = await ask(port, { path: '/text.txt' })
  const etag = String(headers.etag)
  const answers = await comparesWell(t, port, [
    { path: '/text.txt' },
    { path: '/text.txt', method: 'HEAD' },
    { path: '/empty.txt' },
    { path: '/text.txt', headers: { range: 'bytes=0-9' } },
    { path: '/text.txt', headers: { range: 'bytes=-10' } },
    { path: '/text.txt', headers: { range: 'bytes=0-9,100-109' } },
    { path: '/text.txt', headers: { range: 'bytes=999999-' } },
    { path: '/text.txt', headers: { range: 'bytes=0-9', 'if-range': etag } },
    { path: '/text.txt', headers: { range: 'bytes=0-9', 'if-range': '"other"' } },
    { path: '/text.txt', headers: { 'if-none-match': etag } },
    { path: '/text.txt', method: 'HEAD', headers: { 'if-none-match': etag } },
    { path: '/text.txt', headers: { 'if-match': '"other"' } },
    { path: '/text.txt', headers: { 'accept-encoding': 'gzip' } },
    { path: '/text.txt', method: 'HEAD', headers: { 'accept-encoding': 'gzip' } },
    { path: '/deeper' },
    { path: '/moved' },
    { path: '/none' },
    { path: '/hints' },
    { path: '/missing' },
    { path: '/text.txt', method: 'DELETE' },
    { path: '/text.txt', method: 'POST', body: 'hello' },
    { path: '/text.txt', method: 'PROPFIND' },
    { path: '/large.bin' },
    { path: '/large.bin', headers: { range: 'bytes=1000000-2000000' } }
  ])
  const [whole, head, , range, , ranges, beyond] = answers
  t.strictSame(statuses(answers).slice(0, 9), [200, 200, 200, 206, 206, 206, 416, 206, 200])
  t.equal(whole?.body.toString(), TEXT)
  t.equal(head?.headers['content-length'], String(TEXT.length))
  t.match(range?.headers, { 'content-range': `bytes 0-9/${TEXT.length}`, 'content-length': '10' })
  t.match(ranges?.headers['content-type'], /^multipart\/byteranges/)
  t.match(beyond?.headers, { 'content-range': `bytes */${TEXT.length}` })
  t.strictSame(statuses(answers).slice(9, 12), [304, 304, 412])
  t.equal(answers[12]?.headers['content-encoding'], 'gzip')
  t.equal(gunzipSync(answers[12]?.body ?? '').toString(), TEXT, 'what is compressed stays compressed')
  t.strictSame(answers[17]?.headers['set-cookie'], ['a=1', 'b=2'])
  t.ok(answers[22]?.body.equals(LARGE))
})

t.test("Python's http.server: HTTP/1.0, and bodies that end with the connection", async (t) => {
  const root = makeFiles(t)
  const port = await freePort()
  await runServer(
    t,
    '/usr/bin/python3',
    ['-m', 'http.server', '--bind', '127.0.0.1', '-d', root, String(port)],
    root,
    port
  )
  const answers = await comparesWell(t, port, [
    { path: '/text.txt' },
    { path: '/text.txt', method: 'HEAD' },
    { path: '/empty.txt' },
    { path: '/deeper/' },
    { path: '/deeper' },
    { path: '/missing' },
    { path: '/' },
    { path: '/text.txt', method: 'POST', body: 'hello' },
    { path: '/large.bin' }
  ])
  t.strictSame(statuses(answers), [200, 200, 200, 200, 301, 404, 200, 501, 200])
  t.ok(answers[8]?.body.equals(LARGE))
})

const DJANGO = `
import hashlib, time
from django.conf import settings
settings.configure(SECRET_KEY='x', ALLOWED_HOSTS=['*'], ROOT_URLCONF=__name__, MIDDLEWARE=[],
                   FILE_UPLOAD_MAX_MEMORY_SIZE=1024, DATA_UPLOAD_MAX_MEMORY_SIZE=None)
import django
django.setup()
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse, StreamingHttpResponse
from django.urls import path

def echo(request):
    # Django itself reads no body without a length.
    body = request.META['wsgi.input'].read()
    return JsonResponse({'method': request.method, 'length': len(body), 'sha256': hashlib.sha256(body).hexdigest(),
                         'chunked': request.headers.get('Transfer-Encoding'), 'said': request.headers.get('Content-Length'),
                         'user': request.headers.get('X-User-Name')})

def upload(request):
    file = request.FILES['file']
    return JsonResponse({'name': file.name, 'sha256': hashlib.sha256(file.read()).hexdigest(), 'field': request.POST['field']})

def stream(request):
    def pieces():
        for i in range(5):
            yield f'piece {i}\\n'
            time.sleep(0.02)
    return StreamingHttpResponse(pieces(), content_type='text/plain')

def broken(request):
    def pieces():
        yield 'begun'
        raise RuntimeError('in the middle')
    return StreamingHttpResponse(pieces())

def cookies(request):
    response = HttpResponse('ok')
    response.set_cookie('a', '1')
    response.set_cookie('b', '2', httponly=True)
    return response

urlpatterns = [path('echo', echo), path('upload', upload), path('stream', stream), path('broken', broken),
               path('cookies', cookies), path('moved', lambda request: HttpResponseRedirect('/echo')),
               path('none', lambda request: HttpResponse(status=204))]
application = get_wsgi_application()
`

t.test('gunicorn and Django: uploads, streams and chunked bodies', async (t) => {
  const folder = makeFolder(t)
  writeFileSync(join(folder, 'site_of_the_test.py'), DJANGO)
  const port = await freePort()
  const args = ['--workers', '1', '--threads', '4', '--bind', `127.0.0.1:${port}`, '--chdir', folder]
  await runServer(t, '/usr/bin/gunicorn', [...args, 'site_of_the_test'], folder, port)
  const sum = createHash('sha256').update(LARGE).digest('hex')
  const form = Buffer.concat([
    Buffer.from('--b\r\nContent-Disposition: form-data; name="field"\r\n\r\nvalue\r\n'),
    Buffer.from('--b\r\nContent-Disposition: form-data; name="file"; filename="large.bin"\r\n\r\n'),
    LARGE,
    Buffer.from('\r\n--b--\r\n')
  ])
  const multipart = { 'content-type': 'multipart/form-data; boundary=b' }
  const chunked = { 'transfer-encoding': 'chunked' }
  const answers = await comparesWell(t, port, [
    { path: '/echo' },
    { path: '/echo', method: 'POST', body: LARGE },
    { path: '/echo', method: 'POST', body: LARGE, headers: chunked },
    { path: '/echo', method: 'POST', headers: { 'content-length': '0' } },
    { path: '/echo', method: 'DELETE', body: 'hello', headers: { 'content-length': '5' } },
    { path: '/echo', method: 'REPORT', body: 'hello', headers: { 'content-length': '5' } },
    { path: '/upload', method: 'POST', body: form, headers: multipart },
    { path: '/stream' },
    { path: '/cookies' },
    { path: '/moved' },
    { path: '/none' }
  ])
  const bodies = answers.map(({ body }) => body.toString())
  t.match(JSON.parse(bodies[1] ?? ''), { length: LARGE.length, sha256: sum, said: String(LARGE.length) })
  t.match(JSON.parse(bodies[2] ?? ''), { length: LARGE.length, sha256: sum, chunked: 'chunked', said: null })
  t.match(JSON.parse(bodies[6] ?? ''), { name: 'large.bin', sha256: sum, field: 'value' })
  t.equal(bodies[7], 'piece 0\npiece 1\npiece 2\npiece 3\npiece 4\n')
  const gateway = await startGateway(t, openSite(`http://127.0.0.1:${port}`))
  // Without its middleware Django answers HEAD with a body, which its own client takes for a broken message.
  const head = await ask(gateway.port, { path: '/echo', method: 'HEAD' })
  t.match({ ...head, body: head.body.length }, { status: 200, body: 0 })
  await t.rejects(ask(gateway.port, { path: '/broken' }), { code: 'ECONNRESET' }, 'what breaks off breaks off')
})

t.test('gunicorn, whose application reads no body: every client is answered, and no thread is lost', async (t) => {
  const folder = makeFolder(t)
  writeFileSync(
    join(folder, 'reads_no_body.py'),
    "def application(environ, start_response):\n    start_response('200 OK', [('Content-Length', '2')])\n    return [b'ok']\n"
  )
  const port = await freePort()
  const args = ['--workers', '1', '--threads', '2', '--bind', `127.0.0.1:${port}`, '--chdir', folder]
  await runServer(t, '/usr/bin/gunicorn', [...args, 'reads_no_body'], folder, port)
  const gateway = await startGateway(t, openSite(`http://127.0.0.1:${port}`, 'timeout: 10s'))
  for (let i = 0; i < 8; i++) {
    const headers = i % 2 === 0 ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(LARGE.length) }
    const { status, body } = await ask(gateway.port, { path: '/', method: 'POST', body: LARGE, headers })
    t.equal(`${status} ${body}`, '200 ok')
  }
  for (let i = 0; i < 8; i++) {
    const client = converse(t, gateway.port)
    client.say('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n')
    await client.hears(/ok$/)
    client.socket.destroy()
  }
  t.equal((await ask(gateway.port, { path: '/' })).status, 200, 'a client that leaves takes no thread with it')
  t.strictSame(gateway.failures, [])
})
