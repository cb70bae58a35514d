/** JSON Web Tokens as text, before anything is believed: RFC 7519 and RFC 7515 (compact form). */

/** More is refused unread; an identity provider that fills in more groups should send fewer. */
const MAX_TOKEN_LENGTH = 8192
/** Three parts, the last of which is empty in an unsigned token. */
const SHAPE = /^([\w-]+)\.([\w-]+)\.[\w-]*$/

export type JwtText =
  /** Not a JSON Web Token; somebody else may know what it is. */
  | 'other'
  /** A JSON Web Token that no honest issuer makes. */
  | 'malformed'
  | 'plain'

/**
 * What a token is by its form. Of a member that is there twice, this program would read the last one
 * and another one the first: such a token is malformed, whoever signed it.
 */
export function jwtText(token: string): JwtText {
  const [, header = '', payload = ''] = SHAPE.exec(token) ?? []
  const head = jsonObject(header)
  if (head === undefined || !('alg' in head.value)) return 'other'
  if (token.length > MAX_TOKEN_LENGTH) return 'malformed'
  const body = jsonObject(payload)
  if (body === undefined) return 'malformed'
  return hasRepeatedMember(head.text) || hasRepeatedMember(body.text) ? 'malformed' : 'plain'
}

function jsonObject(part: string): { readonly value: object; readonly text: string } | undefined {
  if (part.length > 4 * MAX_TOKEN_LENGTH) return undefined
  try {
    const text = Buffer.from(part, 'base64url').toString('utf8')
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { value, text } : undefined
  } catch {
    return undefined
  }
}

/** `text` is valid JSON. True when any object in it has two members of one name, however escaped. */
export function hasRepeatedMember(text: string): boolean {
  const open: Set<string>[] = []
  let previous = ''
  for (const [piece] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:,]/g)) {
    if (piece === '{' || piece === '[') open.push(new Set())
    else if (piece === '}' || piece === ']') open.pop()
    else if (piece === ':') {
      const name = String(JSON.parse(previous))
      if (open.at(-1)?.has(name) === true) return true
      open.at(-1)?.add(name)
    }
    previous = piece
  }
  return false
}
