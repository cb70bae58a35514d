/**
 * Bundles the browser pages into `dist/pages`: `node --import tsx src/http/pages/build.ts [FOLDER]`.
 *
 * Scripts and styles are named by their content's hash, so that browsers may keep them for ever;
 * the pages name them. Needs the development dependencies; the running server needs only the result.
 */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { type OutputFile, build } from 'esbuild'

const ROOT = new URL('../../../', import.meta.url)
const SOURCES = new URL('src/http/pages/', ROOT)
/** A folder may be named on the command line. */
const OUTPUT = pathToFileURL(`${process.argv[2] ?? fileURLToPath(new URL('dist/pages', ROOT))}/`)
const BUILDING = new URL(`../${basename(OUTPUT.pathname)}-${process.pid}/`, OUTPUT)
const PAGES = ['access.html', 'status.html', 'try.html']
/** Two may have one name, such as `access`, when their types differ. */
const ENTRIES = [
  { in: 'client/access.ts', out: 'access' },
  { in: 'access.css', out: 'access' },
  { in: 'client/status.ts', out: 'status' },
  { in: 'client/try.ts', out: 'try' },
  { in: 'style.css', out: 'style' },
]

const compress = promisify(gzip)

/** Every output, under its hashed name. */
async function bundle(): Promise<readonly OutputFile[]> {
  const { outputFiles } = await build({
    absWorkingDir: fileURLToPath(SOURCES),
    entryPoints: ENTRIES,
    entryNames: '[name]-[hash]',
    outdir: fileURLToPath(new URL('assets/', BUILDING)),
    write: false,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    logLevel: 'warning',
  })
  return outputFiles
}

/** `try-1A2B.js` is what a page calls `{{try.js}}`. */
function placeholderOf(fileName: string): string {
  return `{{${fileName.replace(/-[^-.]+(?=\.\w+$)/, '')}}}`
}

async function writePages(assetNames: readonly string[]): Promise<void> {
  for (const page of PAGES) {
    let html = await readFile(new URL(page, SOURCES), 'utf8')
    for (const name of assetNames) html = html.replaceAll(placeholderOf(name), `assets/${name}`)
    const missing = /\{\{[\w.]+\.(?:js|css)\}\}/.exec(html)
    if (missing !== null) throw new Error(`${page} names ${missing[0]}, which was not built`)
    await writeFile(new URL(page, BUILDING), html)
  }
}

// Built aside and put in place at once: a server that starts meanwhile finds one or the other.
const outputs = await bundle()
await rm(BUILDING, { recursive: true, force: true })
await mkdir(new URL('assets/', BUILDING), { recursive: true })
for (const { path, contents } of outputs) {
  await writeFile(path, contents)
  await writeFile(`${path}.gz`, await compress(contents, { level: 9 }))
}
await writePages(outputs.map(({ path }) => basename(path)))
await rm(OUTPUT, { recursive: true, force: true })
await rename(BUILDING, OUTPUT)
