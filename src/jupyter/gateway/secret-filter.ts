/**
 * Keeps Jupyter's token out of what a browser gets.
 *
 * JupyterLab 4 writes the token into the configuration block of its page, so that its requests can
 * carry it. With an empty one there the front-end relies on cookies, that is on us.
 */
import { Transform, type TransformCallback } from 'node:stream'

export type Replacement = { readonly find: string; readonly put: string }

/**
 * Every way in which a page may spell the token. A token this short may also be a word of the
 * page (people choose `jupyter`), so it is only taken out where it stands as a whole value.
 */
const SHORT_TOKEN_LENGTH = 16

export function secretReplacements(token: string): readonly Replacement[] {
  if (token === '') return []
  const spellings = [...new Set(spellingsOf(token))]
  if (token.length >= SHORT_TOKEN_LENGTH) return spellings.map((find) => ({ find, put: '' }))
  return spellings.flatMap((spelling) => [
    { find: `"${spelling}"`, put: '""' },
    { find: `'${spelling}'`, put: "''" },
    { find: `&#34;${spelling}&#34;`, put: '&#34;&#34;' },
    { find: `&quot;${spelling}&quot;`, put: '&quot;&quot;' },
    { find: `token=${spelling}`, put: 'token=' },
  ])
}

/** For headers. */
export function replaceSecret(text: string, replacements: readonly Replacement[]): string {
  return replacements.reduce((result, { find, put }) => result.replaceAll(find, put), text)
}

function spellingsOf(token: string): readonly string[] {
  const json = JSON.stringify(token).slice(1, -1)
  const html = token.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
  return [
    token,
    json,
    // Jinja's `tojson`, as in JupyterLab's page.
    json.replace(/[<>&']/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`),
    html.replace(/"/g, '&#34;').replace(/'/g, '&#39;'),
    html.replace(/"/g, '&quot;').replace(/'/g, '&#x27;'),
    encodeURIComponent(token),
  ]
}

type Needle = { readonly find: Buffer; readonly put: Buffer }
type Match = { readonly at: number; readonly needle: Needle }

/** Replaces in a stream, also across its chunks; holds back less than one spelling of the token. */
export class SecretFilter extends Transform {
  readonly #needles: readonly Needle[]
  readonly #holdBackBytes: number
  #rest: Buffer = Buffer.alloc(0)

  constructor(replacements: readonly Replacement[]) {
    super()
    this.#needles = replacements.map(({ find, put }) => ({ find: Buffer.from(find), put: Buffer.from(put) }))
    this.#holdBackBytes = Math.max(0, ...this.#needles.map(({ find }) => find.length - 1))
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    let from = 0
    for (let match = this.#next(bytes, 0); match !== undefined; match = this.#next(bytes, from)) {
      this.push(bytes.subarray(from, match.at))
      this.push(match.needle.put)
      from = match.at + match.needle.find.length
    }
    const end = Math.max(from, bytes.length - this.#holdBackBytes)
    this.push(bytes.subarray(from, end))
    this.#rest = bytes.subarray(end)
    done()
  }

  override _flush(done: TransformCallback): void {
    this.push(this.#rest)
    done()
  }

  #next(bytes: Buffer, from: number): Match | undefined {
    let first: Match | undefined
    for (const needle of this.#needles) {
      const at = bytes.indexOf(needle.find, from)
      if (at >= 0 && (first === undefined || at < first.at)) first = { at, needle }
    }
    return first
  }
}
