/** Addresses of pages that are passed through a sign-in. */
import type { IncomingMessage } from 'node:http'
import { ERRORS, type ErrorCode } from '../protocol/errors.ts'
import { requestFacts, withoutToken } from './request-facts.ts'

const MAX_LENGTH = 2000

/**
 * Where to go after a sign-in: a path below `baseUrl`, never another server and never the sign-in
 * itself. Anything else becomes `baseUrl`.
 */
export function safeNext(next: string | undefined, baseUrl: string): string {
  const home = new URL(baseUrl, 'http://localhost').pathname
  if (next === undefined || next.length > MAX_LENGTH || !next.startsWith('/')) return home
  // Parsed as a browser will: it drops tabs and takes backslashes for slashes.
  const url = URL.canParse(next, 'http://localhost') ? new URL(next, 'http://localhost') : undefined
  if (url?.origin !== 'http://localhost' || !url.pathname.startsWith(home)) return home
  // `/.//example.org` resolves to our own origin, with a path that is another server's address.
  if (/^\/[/\\]/.test(url.pathname)) return home
  const isSignIn = /^(outrigger\/sign-(in|out)|log(in|out))\/?$/.test(url.pathname.slice(home.length))
  return isSignIn ? home : withoutToken(`${url.pathname}${url.search}`) + url.hash
}

/** The sign-in page, with the way back to the address that was asked for. */
export function signInUrl(request: IncomingMessage, baseUrl: string): string {
  return `${new URL(baseUrl, 'http://localhost').pathname}outrigger/sign-in?${String(
    new URLSearchParams({ next: safeNext(request.url, baseUrl) }),
  )}`
}

/** The sign-in page of Jupyter, which stands below the same base URL; `next` is a path. */
export function jupyterSignInUrl(baseUrl: string, next: string): string {
  return withNext(`${new URL(baseUrl, 'http://localhost').pathname}login`, next)
}

/** A platform's sign-in page; on another site the way back is our address as the browser sees it. */
export function platformSignInUrl(page: string, request: IncomingMessage, next: string): string {
  const facts = requestFacts(request)
  if (page.startsWith('/') || facts === undefined) return withNext(page, next)
  return withNext(page, `${facts.isSecure ? 'https' : 'http'}://${facts.host}${next}`)
}

function withNext(page: string, next: string): string {
  return `${page}${page.includes('?') ? '&' : '?'}${String(new URLSearchParams({ next }))}`
}

export type Refusal = {
  readonly status: number
  /** Present when a person is sent to the sign-in page instead (status 302). */
  readonly location?: string | undefined
  readonly body: { readonly message: string; readonly code: ErrorCode }
}

/** How a refused request is answered: page visits without a sign-in go to the sign-in page. */
export function refusal(request: IncomingMessage, code: ErrorCode, baseUrl: string): Refusal {
  const { status, message } = ERRORS[code]
  const body = { message, code }
  const isPageVisit = requestFacts(request)?.isPageVisit === true
  return code === 'not_signed_in' && isPageVisit
    ? { status: 302, location: signInUrl(request, baseUrl), body }
    : { status, body }
}
