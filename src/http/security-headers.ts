import type { FastifyReply } from 'fastify'

/** For answers that are no pages: a browser that is made to show one may load and run nothing. */
const NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

/**
 * The headers of every answer of our own; proxied ones keep Jupyter's. A page replaces the content
 * policy by its own, and what may be cached says so itself.
 */
export function setSecurityHeaders(reply: FastifyReply, contentPolicy: string = NOTHING): void {
  reply.headers({
    'content-security-policy': contentPolicy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': 'no-store',
  })
}

export type PagePolicy = {
  /** Of `<style>` elements that a script makes; linked styles need none. */
  readonly styleNonce?: string | undefined
  /** Allows `style="…"` attributes, which an editor needs for the colors of cursors. */
  readonly hasStyleAttributes?: boolean | undefined
}

/** Everything from our own origin, nothing else, and no inline script. */
export function pagePolicy({ styleNonce, hasStyleAttributes = false }: PagePolicy = {}): string {
  const nonce = styleNonce === undefined ? '' : ` 'nonce-${styleNonce}'`
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self'${nonce}`,
    `style-src-attr ${hasStyleAttributes ? "'unsafe-inline'" : "'none'"}`,
    "connect-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'self'",
  ].join('; ')
}
