/** `outrigger bench …`: the load tool, which is bundled by itself so that the server need not carry it. */
import { existsSync } from 'node:fs'
import { EnvironmentError } from '../config/fault.ts'
import type { CommandContext } from './context.ts'

/** Of `bench/main.ts`; its types stay out of the server's build. */
type LoadTool = {
  readonly main: (
    args: readonly string[],
    io: {
      readonly print: (text: string) => void
      readonly note: (text: string) => void
      readonly progress: NodeJS.WriteStream
    },
  ) => Promise<number>
}

/** Beside the built command, and from the sources. */
const PLACES = ['../bench/main.js', '../../dist/bench/main.js']

export async function bench(context: CommandContext): Promise<number> {
  const found = PLACES.map((place) => new URL(place, import.meta.url)).find((url) => existsSync(url))
  if (found === undefined) {
    const fix = 'Run `npm run build` in a clone of the repository.'
    throw new EnvironmentError({ key: 'bench', problem: 'the load tool is not part of this build', fix })
  }
  const { main } = (await import(found.href)) as LoadTool
  return main(context.args, { print: context.print, note: context.note, progress: process.stderr })
}
