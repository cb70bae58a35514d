import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { CpuProfiler } from '../../observability/cpu-profiler.ts'
import type { Gate } from '../../identity/gate.ts'
import { SyncError } from '../../protocol/errors.ts'
import { admitManager } from '../manager-only.ts'

export type ProfileRouteDeps = {
  readonly gate: Gate
  readonly profiler: Pick<CpuProfiler, 'take'>
}

const SCHEMA = {
  summary: 'A CPU profile of the server, for `?seconds=` 1 to 60',
  response: { 200: { type: 'object', description: 'A .cpuprofile file.' } },
}
const DEFAULT_SECONDS = 10
const MAX_SECONDS = 60
const SECONDS = `seconds should be a whole number from 1 to ${MAX_SECONDS}.`

/**
 * `POST api/v1/profile?seconds=10`: a CPU profile of this process, as a file that browsers' developer
 * tools open. Only for whoever manages this server, and never by the mere fact of being local: it
 * slows the server down, and shows how it is built.
 */
export function profileRoute({ gate, profiler }: ProfileRouteDeps): FastifyPluginAsync {
  return async (scope) => {
    scope.post('/outrigger/api/v1/profile', { schema: SCHEMA }, async (request, reply) => {
      const { principal } = await admitManager(gate, request.raw)
      const seconds = secondsOf(request)
      const gone = new AbortController()
      reply.raw.once('close', () => gone.abort())
      const facts = { user: principal.id, seconds }
      request.log.info(facts, 'a CPU profile is being taken')
      const taken = await profiler.take(seconds * 1000, gone.signal)
      if (taken === 'busy') throw new SyncError('already_running')
      if (taken === 'stopped') throw new SyncError('draining')
      request.log.info({ ...facts, bytes: taken.profile.length }, 'a CPU profile was taken')
      const name = `outrigger-${new Date().toISOString().replaceAll(/[:.]/g, '-')}.cpuprofile`
      reply.header('content-disposition', `attachment; filename="${name}"`)
      return await reply.type('application/json; charset=utf-8').send(taken.profile)
    })
  }
}

function secondsOf(request: FastifyRequest): number {
  const asked = (request.query as Record<string, unknown>)['seconds']
  if (asked === undefined) return DEFAULT_SECONDS
  const seconds = typeof asked === 'string' && /^\d{1,3}$/.test(asked) ? Number(asked) : 0
  if (seconds < 1 || seconds > MAX_SECONDS) throw new SyncError('bad_request', SECONDS)
  return seconds
}
