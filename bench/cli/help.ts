import { FLAG_GROUPS, type Flag } from '../plan/flags.ts'
import { PROFILES } from '../plan/profiles.ts'

const INTRODUCTION = `Outrigger's load tool: how many people fit, on this server and on any other.

Usage: outrigger bench                       the standard set, on a fresh Outrigger
       outrigger bench FLAGS                 one load, on a fresh Outrigger
       outrigger bench --url URL FLAGS       one load, on that server
       outrigger bench compare [FLAGS]       Outrigger beside its peers (in a clone of the repository)
       outrigger bench sizing                how many people fit; writes docs/sizing.md (in a clone)
       outrigger bench growth                how cost grows; writes docs/growth.md (in a clone)
`

const END = `Exit codes: 0 passed; 1 something was lost, differs, is missing or misses its limit; 2 wrong flags;
130 interrupted. docs/load-tool.md explains what is measured and how.
`

export function helpText(): string {
  const profiles = Object.entries(PROFILES).map(([name, { about }]) => [name, about] as const)
  const sections = [
    ...FLAG_GROUPS.map(
      ({ title, flags }) => [title, flags.map((flag) => [usageOf(flag), flag.help])] as const,
    ),
    ['Profiles', profiles] as const,
  ]
  const width = Math.max(...sections.flatMap(([, rows]) => rows.map(([left = '']) => left.length)))
  return [
    INTRODUCTION,
    ...sections.map(([title, rows]) =>
      [`${title}:`, ...rows.map(([left = '', right = '']) => `  ${left.padEnd(width)}  ${right}`), ''].join(
        '\n',
      ),
    ),
    END,
  ].join('\n')
}

function usageOf({ name, placeholder, alone }: Flag): string {
  if (placeholder === undefined) return `--${name}`
  return alone === undefined ? `--${name} ${placeholder}` : `--${name} [${placeholder}]`
}
