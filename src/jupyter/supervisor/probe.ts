/** What answers at an address that should be our Jupyter. */
export type ProbeResult =
  /** Takes our token and refuses another one. */
  | 'ours'
  | 'refuses-token'
  /** Answers whatever the token is: not the server we started. */
  | 'asks-no-token'
  | 'no-answer'

const PROBE_TIMEOUT_MS = 2_000

export async function probeJupyter(url: string, token: string): Promise<ProbeResult> {
  // The wrong token goes first: a stranger on this port must not be told the right one for nothing.
  const stranger = await statusFor(url, 'not-the-token')
  if (stranger === undefined) return 'no-answer'
  if (stranger < 400) return 'asks-no-token'
  const own = await statusFor(url, token)
  if (own === undefined) return 'no-answer'
  return own === 200 ? 'ours' : own === 401 || own === 403 ? 'refuses-token' : 'no-answer'
}

async function statusFor(url: string, token: string): Promise<number | undefined> {
  try {
    const response = await fetch(new URL('api/status', url), {
      headers: { authorization: `token ${token}` },
      redirect: 'manual',
      signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
    })
    await response.body?.cancel()
    return response.status
  } catch {
    return undefined
  }
}
