import { resolve } from 'node:path'
import { grantLines } from '../config/grants.ts'
import type { Config } from '../config/schema.ts'
import type { UpPeople } from './up-people.ts'

export type UpFacts = {
  readonly version: string
  readonly url: string
  readonly config: Config
  /** Undefined when the people come from elsewhere (a file, open mode). */
  readonly people?: UpPeople | undefined
  /** One line about JupyterLab; undefined without one. */
  readonly jupyter?: string | undefined
}

/** What a person needs after the start: addresses to open, who may do what, where things are. */
export function upBanner(facts: UpFacts): string {
  const { config, people, url } = facts
  const page = new URL(config.jupyter.url === undefined ? 'outrigger/try' : 'lab', url)
  const addresses =
    people === undefined
      ? [`  Open    ${page.href}`]
      : [
          `  Owner   ${withToken(page, people.owner.token)}`,
          `  Viewer  ${withToken(page, people.viewer.token)}`,
          '',
          '  A browser keeps one sign-in: open the second address in another browser or a private window.',
        ]
  // In open mode there is nobody to give access to.
  const manage = config.auth.mode === 'open' ? [] : [`changed at ${new URL('outrigger/access', url).href}`]
  const access = [...grantLines(config), ...manage]
  const lines = [
    '',
    `Outrigger ${facts.version} is running.`,
    '',
    ...addresses,
    '',
    ...access.map((line, index) => `${index === 0 ? '  Access  ' : '          '}${line}`),
    `  Data    ${resolve(config.data.dir)}`,
    ...(facts.jupyter === undefined ? [] : [`  Jupyter ${facts.jupyter}`]),
    '  Stop    Ctrl+C',
    '',
  ]
  return `${lines.join('\n')}\n`
}

function withToken(page: URL, token: string): string {
  const url = new URL(page)
  url.searchParams.set('token', token)
  return url.href
}
