import { createHash } from 'node:crypto'
import { escapeHtml } from '../error-page.ts'

/** Of all small pages with a form. */
export const FORM_STYLE = `
:root { color-scheme: light dark; --ink: light-dark(#16202c, #e6ebf1); --soft: light-dark(#536475, #9aabbd);
  --line: light-dark(#b9c4cf, #45535f); --sheet: light-dark(#fff, #18212b); --accent: light-dark(#0b5cad, #6db4ff);
  --alarm: light-dark(#a3201a, #ff9a92); }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem;
  font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: light-dark(#eef2f6, #0e141a); }
main { width: min(100%, 25rem); padding: 2rem; border: 1px solid var(--line); border-radius: .75rem;
  background: var(--sheet); }
svg { display: block; width: 2.5rem; height: 2.5rem; color: var(--accent); }
h1 { margin: .75rem 0 .25rem; font-size: 1.375rem; line-height: 1.25; }
p { margin: 0 0 1.25rem; color: var(--soft); }
p[role] { color: var(--ink); border-inline-start: .25rem solid var(--accent); padding-inline-start: .75rem; }
p[role=alert] { border-color: var(--alarm); color: var(--alarm); }
label { display: block; font-weight: 600; margin-bottom: .375rem; }
input { width: 100%; padding: .625rem .75rem; font: inherit; color: inherit; background: transparent;
  border: 1px solid var(--soft); border-radius: .5rem; }
button { width: 100%; margin-top: 1rem; padding: .625rem; font: inherit; font-weight: 600; border: 0;
  border-radius: .5rem; color: light-dark(#fff, #0e141a); background: var(--accent); cursor: pointer; }
:focus-visible { outline: .1875rem solid var(--accent); outline-offset: .125rem; }
p:has(> a) { margin: 1.25rem 0 0; } a { color: var(--accent); }
button:hover { filter: brightness(1.1); }
small { display: block; margin-top: 1.25rem; color: var(--soft); }
code { font-size: .9em; }
`

/**
 * Nothing is loaded and nothing runs. The form may only be sent to us. Chromium applies
 * `form-action` to the redirect after the sign-in as well, which stays on this origin.
 */
export const SIGN_IN_POLICY =
  `default-src 'none'; style-src 'sha256-${createHash('sha256').update(FORM_STYLE).digest('base64')}'; ` +
  "img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

/** What the page says above the form. */
export type SignInNotice = 'none' | 'wrong-token' | 'too-fast' | 'signed-out'

const NOTICES: Record<SignInNotice, string> = {
  none: '<p>Paste the token that the owner of this server gave you.</p>',
  'wrong-token':
    '<p role="alert" id="notice">This token is not valid here. Check that all of it was copied.</p>',
  'too-fast':
    '<p role="alert" id="notice">Too many wrong tokens from your address. Wait a minute, then try again.</p>',
  'signed-out': '<p role="status" id="notice">You are signed out.</p>',
}

export const LOGO =
  '<svg viewBox="0 0 32 32" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2.5" ' +
  'stroke-linecap="round"><path d="M3 12c5 4 21 4 26 0M9 24c3 2 11 2 14 0M11 14.5v9M21 14.5v9"/></svg>'

/** `action` and `next` are paths on this server. */
export function signInPage(options: {
  readonly action: string
  readonly next: string
  readonly notice: SignInNotice
  /** Where people sign in who have no token of this server. */
  readonly elsewhereUrl?: string | undefined
}): string {
  const { action, next, notice, elsewhereUrl } = options
  const isWrong = notice === 'wrong-token' || notice === 'too-fast'
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>Sign in to Outrigger</title>
<style>${FORM_STYLE}</style>
<main>
${LOGO}
<h1>Sign in to Outrigger</h1>
${NOTICES[notice]}
<form method="post" action="${escapeHtml(action)}">
<input type="hidden" name="next" value="${escapeHtml(next)}">
<label for="token">Token</label>
<input id="token" name="token" type="password" required autofocus autocomplete="current-password"
  autocapitalize="none" spellcheck="false"${isWrong ? ' aria-invalid="true"' : ''}${
    notice === 'none' ? '' : ' aria-describedby="notice"'
  } data-testid="token">
<button data-testid="sign-in">Sign in</button>
</form>
${
  elsewhereUrl === undefined
    ? ''
    : `<p><a href="${escapeHtml(elsewhereUrl)}" data-testid="elsewhere">Sign in without a token</a></p>\n`
}<small>No token? The owner makes one with <code>outrigger token --user NAME</code>.</small>
</main>
</html>
`
}
