/** The order of cells by id on the three sides. */
export type Orders = {
  readonly base: readonly string[]
  readonly live: readonly string[]
  readonly disk: readonly string[]
}

/**
 * The order of the ids in `survivors`. The live order holds, unless only the disk changed the order
 * of what all three have; an id that is only on the other side follows its predecessor there.
 */
export function mergeOrder({ base, live, disk }: Orders, survivors: ReadonlySet<string>): readonly string[] {
  const [baseIds, liveIds, diskIds] = [new Set(base), new Set(live), new Set(disk)]
  const everywhere = (ids: readonly string[]): string =>
    JSON.stringify(ids.filter((id) => baseIds.has(id) && liveIds.has(id) && diskIds.has(id)))
  const isLiveOrder = everywhere(live) !== everywhere(base) || everywhere(disk) === everywhere(base)
  const [first, second] = isLiveOrder ? [live, disk] : [disk, live]
  const result = first.filter((id) => survivors.has(id))
  const placed = new Set(result)
  const followers = new Map<string | undefined, string[]>()
  let predecessor: string | undefined
  for (const id of second) {
    if (!survivors.has(id)) continue
    if (placed.has(id)) {
      predecessor = id
      continue
    }
    const after = followers.get(predecessor) ?? []
    followers.set(predecessor, after)
    after.push(id)
  }
  return [...(followers.get(undefined) ?? []), ...result.flatMap((id) => [id, ...(followers.get(id) ?? [])])]
}
