#!/usr/bin/env node
/**
 * Stands in for `jupyter` where files matter: serves the text files of its root folder as
 * jupyter_server 2 does, and a page at `lab`. `/die` ends it. Started with the flags of the supervisor.
 */
import { createHash } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'

const args = process.argv.slice(2)
const flag = (name) => args.find((arg) => arg.startsWith(`--ServerApp.${name}=`))?.split('=')[1] ?? ''
const root = flag('root_dir')
const token = process.env.JUPYTER_TOKEN

function model(path, text) {
  const lastModified = statSync(join(root, path), { bigint: true }).mtimeNs.toString()
  const hash = createHash('sha256')
    .update(readFileSync(join(root, path)))
    .digest('hex')
  const facts = { path, type: 'file', writable: true, last_modified: lastModified, hash }
  return { ...facts, format: text === undefined ? null : 'text', content: text ?? null }
}

function contents(request, url, body) {
  const path = decodeURIComponent(url.pathname.slice('/api/contents/'.length))
  try {
    if (request.method === 'PUT') {
      writeFileSync(join(root, path), JSON.parse(body).content)
      return [200, model(path)]
    }
    const text = readFileSync(join(root, path), 'utf8')
    return [200, model(path, url.searchParams.get('content') === '0' ? undefined : text)]
  } catch (error) {
    return [error.code === 'ENOENT' ? 404 : 500, { message: String(error), reason: null }]
  }
}

const server = createServer((request, response) => {
  let body = ''
  request.on('data', (chunk) => (body += chunk))
  request.on('end', () => {
    const url = new URL(request.url, 'http://localhost')
    if (request.headers.authorization !== `token ${token}`) return response.writeHead(403).end('{}')
    if (url.pathname === '/die') process.exit(3)
    if (url.pathname === '/lab')
      return response.writeHead(200, { 'content-type': 'text/html' }).end('<p>Lab</p>')
    const isContents = url.pathname.startsWith('/api/contents/')
    const [status, answer] = isContents
      ? contents(request, url, body)
      : [url.pathname === '/api/status' ? 200 : 404, {}]
    return response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  })
})
process.stdout.write(`at http://127.0.0.1/?token=${token}\n`)
server.listen(Number(flag('port')), '127.0.0.1')
