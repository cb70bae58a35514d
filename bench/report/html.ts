/** One page that holds everything and loads nothing. */
import type { RunResult } from '../result.ts'
import { describeGroup, describeScenario } from './describe.ts'
import { runCharts } from './run-charts.ts'
import { type Section, sectionsOf, verdictOf } from './sections.ts'
import { withoutSecrets } from './secrets.ts'
import { machineLine } from './table.ts'

const STYLE = `
  :root { color-scheme: light dark; --text: #1f2933; --quiet: #52606d; --line: #d2d6dc; --back: #f5f7fa; }
  @media (prefers-color-scheme: dark) {
    :root { --text: #e4e7eb; --quiet: #9aa5b1; --line: #3e4c59; --back: #1a2027; }
  }
  body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem 3rem; color: var(--text); background: var(--back);
    font: 1rem/1.5 system-ui, Helvetica, Arial, sans-serif; }
  h1 { font-size: 1.5rem; margin: 0 0 .25rem; }
  h2 { font-size: 1.2rem; margin: 2.5rem 0 .25rem; border-top: 1px solid var(--line); padding-top: 1.5rem; }
  h3 { font-size: 1rem; margin: 1.75rem 0 .5rem; }
  p, li { margin: .25rem 0; }
  .quiet { color: var(--quiet); }
  .verdict { display: inline-block; margin: .75rem 0; padding: .35rem .75rem; border-radius: .35rem; font-weight: 600;
    color: #fff; background: #1a7f37; }
  .verdict.failed { background: #b42318; }
  .verdict.doubtful { background: #8a5a00; }
  .wide { overflow-x: auto; }
  table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
  th, td { padding: .3rem .75rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
  th:first-child, td:first-child { text-align: left; padding-left: 0; white-space: normal; min-width: 6rem; }
  th { font-weight: 600; }
  figure { margin: 1rem 0; overflow-x: auto; }
  figure svg { display: block; width: 100%; min-width: 40rem; height: auto; border-radius: .35rem; }
  code, pre { font: .875rem/1.45 ui-monospace, Menlo, Consolas, monospace; }
  pre { overflow-x: auto; padding: .75rem; border: 1px solid var(--line); border-radius: .35rem; }
  code { overflow-wrap: anywhere; }
`

/** `command`: as it was typed, without secrets. */
export function renderReport(result: RunResult, command = ''): string {
  return renderPage(`Load test: ${result.scenario.name}`, [renderRun(result, command)])
}

/** `bodies` are HTML already. */
export function renderPage(title: string, bodies: readonly string[]): string {
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    // No script at all, and nothing from elsewhere, whatever a server put into its answers.
    `<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    `<title>${escape(title)}</title>`,
    `<style>${STYLE}</style>`,
    `<h1>${escape(title)}</h1>`,
    ...bodies,
    '</html>',
    '',
  ].join('\n')
}

export function renderRun(result: RunResult, command = ''): string {
  const { scenario, startedAt } = withoutSecrets(result)
  return [
    `<p>${escape(describeScenario(scenario))}</p>`,
    `<ul>${scenario.groups.map((group) => `<li>${escape(describeGroup(group))}</li>`).join('')}</ul>`,
    `<p class="quiet">${escape(`${startedAt} · ${machineLine(result)}`)}</p>`,
    renderVerdict(result.isPass, verdictOf(result)),
    ...renderDoubt(result.generator),
    ...runCharts(result).map((svg) => `<figure>${svg}</figure>`),
    ...sectionsOf(result).map(renderSection),
    ...(command === '' ? [] : [`<h3>Command</h3>`, `<p><code>${escape(command)}</code></p>`]),
    `<details><summary>Scenario</summary><pre>${escape(JSON.stringify(scenario, undefined, 2))}</pre></details>`,
  ].join('\n')
}

export function renderVerdict(isPass: boolean, text: string): string {
  return `<p class="verdict${isPass ? '' : ' failed'}">${escape(text)}</p>`
}

/** Beside the verdict: who reads only that must not take the tool's limit for the server's. */
function renderDoubt({ isBottleneck, why }: RunResult['generator']): string[] {
  return isBottleneck
    ? [`<p><span class="verdict doubtful">${escape(`The load tool was the bottleneck: ${why}`)}</span></p>`]
    : []
}

export function renderSection({ title, head, rows, notes }: Section): string {
  const cells = (tag: 'th' | 'td', texts: readonly string[]): string =>
    `<tr>${texts.map((text) => `<${tag}>${escape(text)}</${tag}>`).join('')}</tr>`
  const table =
    rows.length === 0
      ? []
      : [
          '<div class="wide"><table>',
          cells('th', head),
          ...rows.map((row) => cells('td', row)),
          '</table></div>',
        ]
  return [
    `<h3>${escape(title)}</h3>`,
    ...table,
    ...notes.map((note) => `<p class="quiet">${escape(note)}</p>`),
  ].join('\n')
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

export function escape(text: string): string {
  return text.replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char)
}
