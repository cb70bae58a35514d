/** How a failure is told over HTTP (RFC 9457), the same wherever it is decided. */
import { ERRORS, type ErrorCode } from './errors.ts'

export const PROBLEM_TYPE = 'application/problem+json'

/**
 * `code` is what programs go by; `title` is the same for all failures of that code, `detail` is about
 * this one. JupyterLab shows `message`.
 */
export function problemBody(code: ErrorCode, message: string = ERRORS[code].message): string {
  const { status, message: title } = ERRORS[code]
  return JSON.stringify({ title, status, detail: message, code, message })
}
