import { readArguments } from './arguments.ts'
import type { CommandContext } from './context.ts'
import { listResources, withServer } from './manage.ts'
import { ACCESS_FLAGS } from './server-access.ts'
import { textTable } from './text-table.ts'

/** `outrigger resources`: the servers that the caller may see, and what this caller may do there. */
export async function resources(context: CommandContext): Promise<number> {
  const given = readArguments(context.args, { valued: ACCESS_FLAGS, plain: ['json'] })
  return await withServer(context, given, async (ask) => {
    const found = await listResources(ask)
    if (given.isSet('json')) {
      context.print(`${JSON.stringify(found, undefined, 2)}\n`)
      return
    }
    const rows = found.map(({ name, owner, access, state, url }) => [name, owner ?? '-', access, state, url])
    context.print(textTable(['NAME', 'OWNER', 'YOU MAY', 'STATE', 'PATH'], rows))
  })
}
