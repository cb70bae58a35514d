/** The loads that people meet, each large enough that its cost stands out of the server's own. */
import { type Draft, settle } from '../plan/draft.ts'
import { PROFILES, type ProfileName } from '../plan/profiles.ts'

export type SizingProfile = {
  readonly name: ProfileName
  readonly command: string
  readonly draft: Draft
}

/** Rooms and seconds; what is not said is the profile's own. */
const CHOSEN: readonly {
  readonly name: ProfileName
  readonly rooms?: number
  readonly forSeconds: number
}[] = [
  { name: 'pair', rooms: 50, forSeconds: 15 },
  { name: 'team', rooms: 80, forSeconds: 15 },
  { name: 'class', rooms: 20, forSeconds: 15 },
  { name: 'lecture', forSeconds: 30 },
  { name: 'idle', forSeconds: 15 },
]

export function sizingProfiles(): SizingProfile[] {
  return CHOSEN.map(({ name, rooms, forSeconds }) => ({
    name,
    command: `outrigger bench --profile ${name}${rooms === undefined ? '' : ` --rooms ${rooms}`} --for ${forSeconds}s`,
    draft: settle({
      profile: PROFILES[name].scenario,
      flags: { forSeconds, ...(rooms === undefined ? {} : { groups: [{ rooms }] }) },
      roomPrefix: 'sizing',
    }),
  }))
}
