/** What may happen in a run, with how often it usually does, beside each other. */
export const ACTION_NAMES = {
  type: 20,
  paste: 2,
  toServer: 25,
  toClient: 25,
  rush: 4,
  disk: 25,
  tick: 15,
  wait: 2,
  connect: 8,
  leave: 1,
  replace: 1,
  cut: 3,
  clientNotices: 4,
  serverNotices: 4,
  stall: 2,
  resume: 3,
  move: 6,
  hide: 0.5,
  renew: 2,
  forget: 0.5,
  ask: 2,
  save: 3,
  kill: 0.7,
  stop: 0.3,
} as const

export type ActionName = keyof typeof ACTION_NAMES
