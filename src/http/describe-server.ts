import { decide } from '../access/decide.ts'
import type { Admission } from '../identity/gate.ts'
import type { ServerDesk } from '../jupyter/drivers/server-desk.ts'
import type { StateAnswer } from './routes/server-state-schema.ts'
import { phaseSentence, whoMaySentence } from './server-state-words.ts'

export type DescribedServer = {
  /** The resource's. */
  readonly name: string
  /** Whoever may start and stop it, as the start of a sentence. */
  readonly owners: string
  readonly desk: Pick<ServerDesk, 'kind' | 'isControllable' | 'state'>
}

/** The state of a server as this caller may see it. */
export function describeServer(
  { name, owners, desk }: DescribedServer,
  caller: Extract<Admission, { ok: true }>,
): StateAnswer {
  const { phase, since, detail, progress } = desk.state()
  const may = (action: 'server.start' | 'server.stop'): boolean =>
    desk.isControllable && decide(caller, action) === 'allow'
  return {
    name,
    driver: desk.kind,
    phase,
    since: new Date(since).toISOString(),
    sentence: phaseSentence(phase),
    ...(detail === undefined ? {} : { detail }),
    ...(progress === undefined ? {} : { progress: progressAnswer(progress) }),
    whoMay: whoMaySentence(owners, desk.isControllable),
    mayStart: may('server.start'),
    mayStop: may('server.stop'),
  }
}

function progressAnswer({
  sentence,
  percent,
}: {
  readonly sentence: string
  readonly percent?: number | undefined
}) {
  return percent === undefined ? { sentence } : { sentence, percent }
}
