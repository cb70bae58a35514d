/** When each presence state of a room was meant to be sent, by its owner and its clock. */

/** The state a client sends when it connects; scheduled ones follow. */
export const FIRST_CLOCK = 1

export class PresenceIndex {
  readonly #members: number[][] = []
  readonly #byClient = new Map<number, number[]>()

  addMember(client: number): void {
    const times: number[] = []
    this.#members.push(times)
    this.#byClient.set(client, times)
  }

  /** Returns the clock of the state that is to be sent then. */
  add(member: number, intendedAt: number): number {
    const times = this.#members[member]
    if (times === undefined) throw new Error(`no member ${member}`)
    times.push(intendedAt)
    return FIRST_CLOCK + times.length
  }

  /** Intended times of the states behind `seenClock` up to `clock`; none when it is not a member. */
  between(client: number, seenClock: number, clock: number): readonly number[] {
    const times = this.#byClient.get(client)
    return times?.slice(Math.max(0, seenClock - FIRST_CLOCK), Math.max(0, clock - FIRST_CLOCK)) ?? []
  }
}
