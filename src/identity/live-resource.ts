/**
 * The resource as it is at this moment: what the configuration declares and what was added while
 * running. Whoever depends on it is told when it changes.
 */
import { type AccessIndex, indexAccess } from '../access/access-index.ts'
import type { AccessFacts, Groups } from '../access/decide.ts'
import type { Access, Grant, Identified, Resource, Subject } from '../access/model.ts'

/** The owner of a resource that has none: nobody has an empty name. */
export const NO_OWNER: Subject = 'user:'

export type Declared = {
  readonly resource: Resource
  readonly groups: Groups
  /** Where each of the viewers is declared, such as `config/team.yaml:12`, in their order. */
  readonly places?: readonly string[] | undefined
}

export class LiveResource {
  #declared: Declared
  #added: readonly Grant[] = []
  #linked: readonly Grant[] = []
  #shutOut: readonly Grant[] = []
  #current: Resource
  #index: AccessIndex
  readonly #listeners = new Set<() => void>()

  constructor(declared: Declared) {
    this.#declared = declared
    this.#current = declared.resource
    this.#index = indexAccess(declared)
  }

  /** With all grants, also those that are over. */
  get current(): Resource {
    return this.#current
  }

  get declared(): Declared {
    return this.#declared
  }

  facts(now: number): AccessFacts {
    return { resource: this.#current, groups: this.#declared.groups, now }
  }

  /** What this person may do; `now` in milliseconds since the epoch. */
  accessOf(person: Identified, now: number): Access {
    return this.#index.accessOf(person, now)
  }

  /** The moment after `now` at which somebody's access may change by itself; infinite without one. */
  changesAt(now: number): number {
    return this.#index.nextExpiry(now)
  }

  /** What the configuration says now. The owner never changes: another one is an error of the caller. */
  declare(declared: Declared): void {
    if (declared.resource.owner !== this.#current.owner) throw new Error('the owner never changes')
    this.#declared = declared
    this.#changed()
  }

  /** The grants that were added while running, all of them. */
  setAdded(grants: readonly Grant[]): void {
    this.#added = grants
    this.#changed()
  }

  /** What guest links grant to people who signed in, all of them. */
  setLinked(grants: readonly Grant[]): void {
    this.#linked = grants
    this.#changed()
  }

  get linked(): readonly Grant[] {
    return this.#linked
  }

  /** Who is kept out for a while, all of them. */
  setShutOut(grants: readonly Grant[]): void {
    this.#shutOut = grants
    this.#changed()
  }

  /** Returns what ends it. Listeners must not throw. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  #changed(): void {
    const { resource, groups } = this.#declared
    const viewers = [...resource.viewers, ...this.#added, ...this.#linked, ...this.#shutOut]
    this.#current = { ...resource, viewers }
    this.#index = indexAccess({ resource: this.#current, groups })
    for (const listener of this.#listeners) listener()
  }
}
