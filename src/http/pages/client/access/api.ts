/** Asks the management API; whatever goes wrong becomes a sentence for the person at the page. */

/** What did not work. `status` 0: nobody answered. */
export type Problem = {
  readonly status: number
  readonly code: string
  readonly sentence: string
  /** The part of the request that it is about, where the server says so. */
  readonly field?: string | undefined
}

export type Answer<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly problem: Problem }

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

/** Stopping a server saves every open document before it answers. */
const ANSWER_WITHIN_MS = 30_000
const NO_ANSWER: Problem = {
  status: 0,
  code: 'no_answer',
  sentence: 'The server does not answer. What you typed is still here; try again.',
}

/** `path` is below `api/v1/`. Never throws. */
export async function ask<Value>(method: Method, path: string, body?: object): Promise<Answer<Value>> {
  try {
    const response = await fetch(`api/v1/${path}`, {
      method,
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) return { ok: false, problem: problemOf(response.status, text) }
    return { ok: true, value: (text === '' ? undefined : JSON.parse(text)) as Value }
  } catch {
    return { ok: false, problem: NO_ANSWER }
  }
}

function problemOf(status: number, text: string): Problem {
  const { code, detail, message, field } = parse(text)
  const sentence = [detail, message].find((said) => typeof said === 'string' && said !== '')
  return {
    status,
    code: typeof code === 'string' ? code : 'unknown',
    sentence: typeof sentence === 'string' ? sentence : `The server answered with status ${status}.`,
    field: typeof field === 'string' ? field : undefined,
  }
}

/** A proxy in between may answer with a page of its own. */
function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
