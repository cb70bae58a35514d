/** The load tool as a process of its own, from the sources. */
import { main } from '../../../bench/main.ts'

process.exit(
  await main(process.argv.slice(2), {
    print: (text) => process.stdout.write(text),
    note: (text) => process.stderr.write(`${text}\n`),
    progress: process.stderr,
  }),
)
