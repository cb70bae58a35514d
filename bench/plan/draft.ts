/** A scenario that is being put together: what each source says of it, and how they are laid over. */
import {
  type DocumentPlan,
  type Group,
  PLAIN_GROUP,
  PLAIN_RAMP,
  PLAIN_SCENARIO,
  type Ramp,
  type Scenario,
} from './scenario.ts'

export type GroupPart = Partial<Omit<Group, 'document'>> & { readonly document?: Partial<DocumentPlan> }

export type ScenarioPart = Partial<Omit<Scenario, 'groups' | 'ramp'>> & {
  readonly groups?: readonly GroupPart[]
  readonly ramp?: Partial<Ramp>
}

/** Complete but for the address, which a server that is started for the run has not got yet. */
export type Draft = Omit<Scenario, 'url'> & { readonly url?: string }

export type Sources = {
  readonly profile?: ScenarioPart | undefined
  /** Its groups replace those of the profile. */
  readonly plan?: ScenarioPart | undefined
  /** Its first group changes the first group of what is below it. */
  readonly flags?: ScenarioPart | undefined
  readonly roomPrefix: string
}

/** Defaults below the profile, below the plan file, below the flags. */
export function settle(sources: Sources): Draft {
  const { profile = {}, plan = {}, flags = {}, roomPrefix } = sources
  const [firstPart = {}, ...otherParts] = plan.groups ?? profile.groups ?? [{}]
  const first = layGroup(layGroup(PLAIN_GROUP, firstPart), flags.groups?.[0] ?? {})
  const others = otherParts.map((part) => layGroup(PLAIN_GROUP, part))
  const ramps = [profile.ramp, plan.ramp, flags.ramp].filter((ramp) => ramp !== undefined)
  const { groups: _, ramp: __, ...rest } = { ...PLAIN_SCENARIO, roomPrefix, ...profile, ...plan, ...flags }
  return {
    ...rest,
    groups: [first, ...others],
    ...(ramps.length === 0 ? {} : { ramp: Object.assign({}, PLAIN_RAMP, ...ramps) as Ramp }),
  }
}

function layGroup(below: Group, part: GroupPart): Group {
  return { ...below, ...part, document: { ...below.document, ...part.document } }
}
