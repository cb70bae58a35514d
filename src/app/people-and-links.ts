/** The routes about who is inside, guest links and the audit trail. */
import type { FastifyPluginAsync } from 'fastify'
import { auditRoute } from '../http/routes/audit.ts'
import { joinRoutes } from '../http/routes/join.ts'
import { linksRoutes } from '../http/routes/links.ts'
import { peopleRoutes } from '../http/routes/people.ts'
import type { PresentSession } from '../room/room-views.ts'
import type { DocumentId } from '../protocol/names.ts'
import type { Audit } from './audit.ts'
import { kicker } from './kick.ts'
import type { People } from './people.ts'

export type PeopleAndLinksDeps = {
  readonly people: People
  readonly audit: Audit
  readonly resourceName: string
  readonly baseUrl: string
  readonly present: () => readonly PresentSession[]
  readonly titleOf: (document: DocumentId) => Promise<string | undefined>
}

export function peopleAndLinkRoutes(deps: PeopleAndLinksDeps): FastifyPluginAsync[] {
  const { people, resourceName, baseUrl, present, titleOf } = deps
  const audit = deps.audit.log
  const { gate, joining } = people
  return [
    auditRoute({ gate, resourceName, trail: audit }),
    peopleRoutes({
      gate,
      resourceName,
      present,
      titleOf,
      kick: kicker({ people, present, audit, resourceName }),
    }),
    linksRoutes({ gate, resourceName, baseUrl, audit, links: joining?.links }),
    ...(joining === undefined ? [] : [joinRoutes({ joining, resourceName, audit })]),
  ]
}
