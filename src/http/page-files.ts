import { readFile, readdir } from 'node:fs/promises'
import { extname } from 'node:path'

export type PageName = 'access' | 'status' | 'try'

export type Asset = {
  readonly type: string
  readonly bytes: Buffer
  readonly gzipped: Buffer
}

/** The built pages, in memory: a handful of files, named by their content's hash. */
export type PageFiles = {
  readonly assets: ReadonlyMap<string, Asset>
  readonly html: Readonly<Record<PageName, string>>
}

/** Written by `pages/build.ts`. The same from `src/http` and from `dist/http`. */
const BUILT = new URL('../../dist/pages/', import.meta.url)

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
}

/** Undefined when the pages were not built: everything else works without them. */
export async function loadPageFiles(directory: URL = BUILT): Promise<PageFiles | undefined> {
  const assetDirectory = new URL('assets/', directory)
  try {
    const names = (await readdir(assetDirectory)).filter((name) => extname(name) !== '.gz')
    const assets = await Promise.all(
      names.map(async (name) => [name, await loadAsset(new URL(name, assetDirectory))] as const),
    )
    const [access, status, tryIt] = await Promise.all([
      readFile(new URL('access.html', directory), 'utf8'),
      readFile(new URL('status.html', directory), 'utf8'),
      readFile(new URL('try.html', directory), 'utf8'),
    ])
    return { assets: new Map(assets), html: { access, status, try: tryIt } }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

async function loadAsset(file: URL): Promise<Asset> {
  const [bytes, gzipped] = await Promise.all([readFile(file), readFile(new URL(`${file.href}.gz`))])
  return { type: TYPES[extname(file.pathname)] ?? 'application/octet-stream', bytes, gzipped }
}

/** Fills the page's `{{data}}` and `{{nonce}}`; the data cannot end the element it is in. */
export function fillPage(html: string, values: { readonly data: unknown; readonly nonce: string }): string {
  const texts = { data: JSON.stringify(values.data).replaceAll('<', '\\u003c'), nonce: values.nonce }
  return html.replaceAll(/\{\{(data|nonce)\}\}/g, (_, name: keyof typeof texts) => texts[name])
}
