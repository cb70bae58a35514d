/** When each presence state of a room was meant to be sent, by its owner and its clock. */

/** The state a client sends when it connects; scheduled ones follow. */
export const FIRST_CLOCK = 1

export class PresenceIndex {
  readonly #members: (number | undefined)[][] = []
  readonly #byClient = new Map<number, (number | undefined)[]>()

  addMember(client: number): void {
    const times: (number | undefined)[] = []
    this.#members.push(times)
    this.#byClient.set(client, times)
  }

  /**
   * Returns the clock of the state that is to be sent then. Undefined for one that only says "still
   * here": nobody sees when it comes.
   */
  add(member: number, intendedAt: number | undefined): number {
    const times = this.#members[member]
    if (times === undefined) throw new Error(`no member ${member}`)
    times.push(intendedAt)
    return FIRST_CLOCK + times.length
  }

  /** Intended times of the states behind `seenClock` up to `clock`; none when it is not a member. */
  between(client: number, seenClock: number, clock: number): readonly number[] {
    const times = this.#byClient.get(client)
    const between = times?.slice(Math.max(0, seenClock - FIRST_CLOCK), Math.max(0, clock - FIRST_CLOCK))
    return between?.filter((time) => time !== undefined) ?? []
  }
}
