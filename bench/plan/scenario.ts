/**
 * What a run does, with every value resolved: flags, profile and plan file have been merged and
 * checked before. A scenario and its seed decide every byte that is sent and when, so that any
 * process can compute the part of any other.
 */

export const PROTOCOLS = ['y-websocket', 'jupyter', 'hocuspocus'] as const
export type Protocol = (typeof PROTOCOLS)[number]

/** `steady`: a key each 1/rate s. `human`: bursts, pauses, corrections and pastes around that mean. */
export const TYPING_STYLES = ['steady', 'human'] as const
export type TypingStyle = (typeof TYPING_STYLES)[number]

/** `notebook` has the shape of JupyterLab's shared notebook: cells, outputs, metadata. */
export const DOCUMENT_SHAPES = ['empty', 'text', 'notebook'] as const
export type DocumentShape = (typeof DOCUMENT_SHAPES)[number]

export type DocumentPlan = {
  readonly shape: DocumentShape
  /** Size of the encoded state, in bytes, about; 0 for `empty`. */
  readonly bytes: number
  /** Code cells of a notebook; 0: as many as its size asks for. */
  readonly cells: number
  /** Write it into the server as this many small updates (a long history); 0: as one. */
  readonly storedAs: number
}

/** Rooms of one kind. Everything is per room, and each group is measured by itself. */
export type Group = {
  readonly name: string
  readonly rooms: number
  /** People in a room, writers included. */
  readonly clients: number
  readonly writers: number
  /** Keys a second of one writer, on average. */
  readonly rate: number
  readonly typing: TypingStyle
  readonly document: DocumentPlan
  /** Cursor moves a second of each client, beside those that follow its keys; 0: none. */
  readonly cursorRate: number
  /** A writer's presence is sent after every key, as JupyterLab does. */
  readonly cursorFollowsKeys: boolean
  /** Every client renews its presence this often, in seconds; stock clients: 15; 0: no presence. */
  readonly renewSeconds: number
  /** Clients join this long after the start of the load, in seconds; 0: before it, all at once. */
  readonly arriveAfterSeconds: number
  /** ... spread over this time. */
  readonly arriveOverSeconds: number
  /** One more author streams outputs into a cell; 0: none. */
  readonly outputMessagesPerSecond: number
  readonly outputBytesPerSecond: number
  /** Each writer runs a cell this often, in seconds: its outputs are replaced; 0: never. */
  readonly runEverySeconds: number
  /** A client that is not a writer falls asleep about this often, in seconds; 0: never. */
  readonly sleepEverySeconds: number
  readonly sleepForSeconds: number
  /** A client that is not a writer leaves about this often, and comes back as a new one; 0: never. */
  readonly leaveEverySeconds: number
  /** This many readers of a room stop reading their socket while the load runs. */
  readonly stalled: number
}

export type Ramp = {
  /** A rate is sustained while p99 stays below this, in milliseconds, and nothing is left behind. */
  readonly p99Ms: number
  /** Keys a second of one writer in the first step. */
  readonly from: number
  readonly to: number
  /** From step to step, until one fails; then the last gap is halved `refine` times. */
  readonly factor: number
  readonly refine: number
  readonly stepSeconds: number
}

export type Kill = {
  /** `start`: this long after the load begins. `last-delivery`: after everything sent has arrived. */
  readonly after: 'start' | 'last-delivery'
  readonly seconds: number
}

export type Scenario = {
  readonly name: string
  readonly protocol: Protocol
  /** With `{room}` where the room's name goes; Jupyter: the address of the server. */
  readonly url: string
  /** Sent as `?token=` (y-websocket), header (jupyter) or authentication message (hocuspocus). */
  readonly token?: string
  readonly cookie?: string
  /** Also the `Origin` header; servers that check it want their own. */
  readonly origin?: string
  readonly seed: number
  /** Begins every room's name, so that a second run does not meet the documents of the first. */
  readonly roomPrefix: string
  readonly workers: number
  /** Load that is not measured, before the measured time, in seconds. */
  readonly warmUpSeconds: number
  readonly forSeconds: number
  /** How long after its last edit everything may take to arrive. */
  readonly drainSeconds: number
  readonly groups: readonly Group[]
  readonly ramp?: Ramp
  readonly kill?: Kill
  /** The server is restarted in good order between writing the documents and the first join. */
  readonly restartBeforeJoin: boolean
  /** All sockets are cut at this time, in seconds after the start, and return as stock clients do. */
  readonly dropAllAfterSeconds?: number
}

/** A group with nothing special; what flags, profiles and plan files change. */
export const PLAIN_GROUP: Group = {
  name: 'typing',
  rooms: 1,
  clients: 2,
  writers: 1,
  rate: 5,
  typing: 'steady',
  document: { shape: 'empty', bytes: 0, cells: 0, storedAs: 0 },
  cursorRate: 0,
  cursorFollowsKeys: false,
  renewSeconds: 0,
  arriveAfterSeconds: 0,
  arriveOverSeconds: 0,
  outputMessagesPerSecond: 0,
  outputBytesPerSecond: 0,
  runEverySeconds: 0,
  sleepEverySeconds: 0,
  sleepForSeconds: 0,
  leaveEverySeconds: 0,
  stalled: 0,
}

export const PLAIN_SCENARIO: Omit<Scenario, 'url' | 'roomPrefix'> = {
  name: 'custom',
  protocol: 'y-websocket',
  seed: 1,
  workers: 1,
  warmUpSeconds: 2,
  forSeconds: 10,
  drainSeconds: 15,
  groups: [PLAIN_GROUP],
  restartBeforeJoin: false,
}

export const PLAIN_RAMP: Ramp = { p99Ms: 100, from: 1, to: 4096, factor: 2, refine: 1, stepSeconds: 4 }
