/**
 * Jupyter's own sign-in cookie (`username-<host>`, jupyter_server 2) stays between us and Jupyter.
 * Jupyter hands it out with every answer to a request that carries its token; in a browser it would
 * open Jupyter itself, past our permission check.
 */
export function isJupyterLoginCookie(name: string): boolean {
  return name === 'username' || name.startsWith('username-')
}

export type CookiePair = { readonly name: string; readonly text: string }

/** The pairs of a `Cookie` header, each with its text as sent. */
export function cookiePairs(header: string): readonly CookiePair[] {
  return header
    .split(';')
    .map((part) => part.trim())
    .filter((text) => text !== '')
    .map((text) => ({ name: cookieName(text), text }))
}

/** The name in `name=value`, also of a `Set-Cookie` header. */
export function cookieName(text: string): string {
  const end = text.search(/[=;]/)
  return (end < 0 ? text : text.slice(0, end)).trim()
}
