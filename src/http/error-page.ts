import { createHash } from 'node:crypto'
import { STATUS_CODES } from 'node:http'

const STYLE = `
:root { color-scheme: light dark; }
body { margin: 0; min-height: 100vh; display: grid; place-content: center; gap: .75rem; padding: 1.5rem;
  box-sizing: border-box; max-width: 34rem; margin-inline: auto; font: 1rem/1.5 system-ui, sans-serif;
  color: light-dark(#16202c, #e6ebf1); background: light-dark(#f6f8fa, #10161d); }
h1 { font-size: 1.25rem; margin: 0; }
p { margin: 0; }
small { color: light-dark(#5a6b7d, #93a3b5); }
`

/** The page loads nothing; its one inline style is named by its hash. */
export const ERROR_PAGE_POLICY =
  `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; ` +
  "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

/** What a person sees who opened an address that cannot be shown. */
export function errorPage(status: number, message: string): string {
  const title = escapeHtml(STATUS_CODES[status] ?? 'Error')
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${STYLE}</style>
<h1>${title}</h1>
<p>${escapeHtml(message)}</p>
<small>Outrigger, ${status}</small>
</html>
`
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
