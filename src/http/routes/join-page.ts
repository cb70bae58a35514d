import { escapeHtml } from '../error-page.ts'
import { FORM_STYLE, LOGO, SIGN_IN_POLICY } from './sign-in-page.ts'

/** Nothing is loaded and nothing runs, as on the sign-in page. */
export const JOIN_POLICY = SIGN_IN_POLICY

export type JoinPage = {
  /** The address of this page. */
  readonly action: string
  /** Who made the link. */
  readonly host: string
  readonly resource: string
  readonly access: 'read' | 'edit'
  /** The name of somebody who is signed in; such a person is not asked for one. */
  readonly self?: string | undefined
  /** What was typed before. */
  readonly name?: string | undefined
  readonly isNameWrong: boolean
}

const MAY = { read: 'look on', edit: 'edit and run code' }

export function joinPage(page: JoinPage): string {
  const title = `${page.host} invites you to ${page.resource}`
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<link rel="icon" href="data:,">
<title>${escapeHtml(title)}</title>
<style>${FORM_STYLE}</style>
<main>
${LOGO}
<h1>${escapeHtml(title)}</h1>
<p>You may ${MAY[page.access]}. Others see that you are here.</p>
${page.isNameWrong ? '<p role="alert" id="notice">Type a name with at least one letter or digit.</p>\n' : ''}<form method="post" action="${escapeHtml(page.action)}">
${page.self === undefined ? nameField(page) : ''}<button data-testid="join"${page.self === undefined ? '' : ' autofocus'}>${
    page.self === undefined ? 'Join' : `Join as ${escapeHtml(page.self)}`
  }</button>
</form>
${page.self === undefined ? '<small>You have an account here? Sign in first, then open this link again.</small>\n' : ''}</main>
</html>
`
}

function nameField({ name = '', isNameWrong }: JoinPage): string {
  const wrong = isNameWrong ? ' aria-invalid="true" aria-describedby="notice"' : ''
  return `<label for="name">Your name</label>
<input id="name" name="name" value="${escapeHtml(name)}" required autofocus maxlength="40" autocomplete="name"
  spellcheck="false"${wrong} data-testid="name">
`
}
