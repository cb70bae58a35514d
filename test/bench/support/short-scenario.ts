/** A run of a second or two, with what a test changes in it. */
import { type Group, PLAIN_GROUP, PLAIN_SCENARIO, type Scenario } from '../../../bench/plan/scenario.ts'

let runs = 0

export function shortScenario(
  url: string,
  group: Partial<Group> = {},
  more: Partial<Scenario> = {},
): Scenario {
  runs += 1
  return {
    ...PLAIN_SCENARIO,
    url,
    roomPrefix: `test${runs}`,
    warmUpSeconds: 0.3,
    forSeconds: 1.5,
    drainSeconds: 5,
    groups: [{ ...PLAIN_GROUP, rooms: 1, clients: 4, writers: 2, rate: 20, ...group }],
    ...more,
  }
}
