/** The management API of one server, in memory, for tests of its page: who, what and the state. */
import { type AccessFacts, accessOf, decide } from '../../src/access/decide.ts'
import type { Action, Principal, Resource, Subject } from '../../src/access/model.ts'

export type FakePerson = 'ada' | 'lin' | 'rea' | 'eve'

export type FakeViewer = {
  readonly id: string
  readonly subject: Subject
  readonly access: 'none' | 'read' | 'edit'
  readonly expiresAt: string | null
  readonly origin: 'config' | 'api'
  readonly declaredAt?: string
  readonly addedBy?: string
  readonly addedAt?: string
}

export type FakeLink = {
  readonly id: string
  readonly label: string
  readonly access: 'read' | 'edit'
  readonly expiresAt: string
  readonly state: 'valid' | 'revoked'
  readonly maxUses: number
  readonly uses: number
  readonly createdBy: string
}

export type FakePhase = 'stopped' | 'starting' | 'running'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
export const RESOURCE_NAME = 'analysis'

const NAMES: Record<FakePerson, readonly [name: string, color: string]> = {
  ada: ['Ada Lovelace', '#117a8b'],
  lin: ['Lin Clark', '#c0392b'],
  rea: ['Rea Der', '#6c4bd1'],
  eve: ['Eve Stranger', '#1e8449'],
}

/** Ada owns; the group lab (lin) may edit as declared; rea may read, added here; eve is a stranger. */
export class AccessWorld {
  viewers: readonly FakeViewer[]
  links: readonly FakeLink[] = []
  events: readonly Readonly<Record<string, unknown>>[] = []
  readonly inside = new Map<string, readonly string[]>()
  phase: FakePhase = 'running'
  since = new Date().toISOString()
  /** A start takes so many looks at the state. */
  looksUntilUp = 2
  #made = 0

  constructor() {
    const now = Date.now()
    const api = { origin: 'api', addedBy: 'ada', addedAt: iso(now - 2 * DAY_MS) } as const
    this.viewers = [
      {
        id: 'config:group:lab',
        subject: 'group:lab',
        access: 'edit',
        expiresAt: null,
        origin: 'config',
        declaredAt: 'config/team.yaml:12',
      },
      { id: 'a1', subject: 'user:rea', access: 'read', expiresAt: iso(now + 3 * DAY_MS + HOUR_MS), ...api },
      { id: 'a2', subject: 'user:max', access: 'edit', expiresAt: iso(now - 5 * HOUR_MS), ...api },
    ]
    this.record('rea', 'join', { document: 'figures.ipynb' })
    this.record('ada', 'grant', { subject: 'user:rea', detail: 'may read' })
  }

  get facts(): AccessFacts & { readonly resource: Resource } {
    const viewers = this.viewers.map(({ subject, access, expiresAt }) => ({
      subject,
      access,
      expiresAt: expiresAt === null ? undefined : Date.parse(expiresAt),
    }))
    const resource = { name: RESOURCE_NAME, owner: 'user:ada', viewers } as const
    return { resource, groups: { lab: ['lin'] }, now: Date.now() }
  }

  accessOf(id: string): ReturnType<typeof accessOf> {
    return accessOf(principalOf(id), this.facts)
  }

  may(id: string, action: Action): boolean {
    return decide({ principal: principalOf(id), access: this.accessOf(id) }, action) === 'allow'
  }

  /** Everything that names this person. */
  because(id: string): readonly object[] {
    const owner = { origin: 'owner', subject: 'user:ada', access: 'manage' }
    const grants = this.viewers
      .filter(({ subject, expiresAt }) => {
        const isOver = expiresAt !== null && Date.parse(expiresAt) <= Date.now()
        return !isOver && (subject === `user:${id}` || (id === 'lin' && subject === 'group:lab'))
      })
      .map((viewer) => ({
        id: viewer.id,
        origin: viewer.origin,
        subject: viewer.subject,
        access: viewer.access,
        expiresAt: viewer.expiresAt,
        ...(viewer.subject.startsWith('group:') ? { group: viewer.subject.slice(6) } : {}),
      }))
    return id === 'ada' ? [owner, ...grants] : grants
  }

  record(actor: string, action: string, more: Readonly<Record<string, string>> = {}): void {
    const at = iso(Date.now())
    this.events = [{ id: this.mintId(), at, actor, action, resource: RESOURCE_NAME, ...more }, ...this.events]
  }

  mintId(): string {
    this.#made += 1
    return `m${this.#made}`
  }

  setPhase(phase: FakePhase): void {
    this.phase = phase
    this.since = iso(Date.now())
    this.looksUntilUp = 2
  }

  state(id: string): object {
    if (this.phase === 'starting') {
      this.looksUntilUp -= 1
      if (this.looksUntilUp < 0) this.setPhase('running')
    }
    return {
      name: RESOURCE_NAME,
      driver: 'process',
      phase: this.phase,
      since: this.since,
      sentence: `The Jupyter server is ${this.phase}.`,
      ...(this.phase === 'starting' ? { progress: { sentence: 'Waiting for JupyterLab to answer.' } } : {}),
      whoMay: 'Ada Lovelace may start and stop it.',
      mayStart: this.may(id, 'server.start'),
      mayStop: this.may(id, 'server.stop'),
    }
  }

  people(caller: string): readonly object[] {
    const rooms = this.inside.get(caller) ?? []
    return [...this.inside]
      .filter(([, titles]) => this.accessOf(caller) !== 'read' || titles.some((one) => rooms.includes(one)))
      .map(([id, titles]) => ({
        ...principalOf(id),
        access: this.accessOf(id),
        sessions: titles.map((title) => ({ room: title, title, since: this.since })),
      }))
  }
}

export function iso(ms: number): string {
  return new Date(ms).toISOString()
}

export function principalOf(id: string): Principal {
  const [displayName, color] = NAMES[id as FakePerson] ?? [id, 'gray']
  return { id, displayName, initials: displayName.slice(0, 1), color, groups: [], isAuthenticated: true }
}
