/**
 * The resource as it is at this moment: what the configuration declares and what was added while
 * running. Whoever depends on it is told when it changes.
 */
import type { AccessFacts, Groups } from '../access/decide.ts'
import type { Grant, Resource } from '../access/model.ts'

export type Declared = {
  readonly resource: Resource
  readonly groups: Groups
  /** Where each of the viewers is declared, such as `config/team.yaml:12`, in their order. */
  readonly places?: readonly string[] | undefined
}

export class LiveResource {
  #declared: Declared
  #added: readonly Grant[] = []
  #current: Resource
  readonly #listeners = new Set<() => void>()

  constructor(declared: Declared) {
    this.#declared = declared
    this.#current = declared.resource
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

  /** Returns what ends it. Listeners must not throw. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  #changed(): void {
    const { resource } = this.#declared
    this.#current = { ...resource, viewers: [...resource.viewers, ...this.#added] }
    for (const listener of this.#listeners) listener()
  }
}
