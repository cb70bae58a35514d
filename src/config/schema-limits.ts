import { bytes, count, milliseconds, yesOrNo } from './schema-parts.ts'

const KIB = 1024
const MIB = 1024 * KIB

export const ROOMS = {
  idleUnloadMs: milliseconds(60_000, 'An empty room stays in memory this long.'),
  keepAliveMs: milliseconds(
    20_000,
    'Silence after which a frame is sent; y-websocket clients hang up after 30 s of silence.',
    1_000,
  ),
  maxOpen: count(2_000, 'Rooms in memory at once; above it, empty rooms go first, then joins are refused.'),
  maxSessions: count(500, 'People (browser tabs) in one room.'),
  maxPendingBytes: bytes(
    64 * MIB,
    'Edits of one room that were received but are not yet written; reached only while the disk fails.',
  ),
  clientIdOwnership: yesOrNo(
    true,
    'Nobody may write under the client id of another signed-in person, except in the first 10 minutes of the server, to hand back what it lost. Switch it off for clients that relay for others.',
  ),
  flushGapMs: milliseconds(
    15,
    'Edits of a room that follow each other are shown together, at most this long apart: the full time in a room of 100, less in smaller ones. The first after a pause never waits.',
    0,
  ),
  commitGapMs: milliseconds(
    5,
    'The same for writes to the disk, over all rooms, while many edits follow each other.',
    0,
  ),
  compactAfterRecords: count(1_000, 'Log records after which a snapshot replaces them.'),
  compactAfterBytes: bytes(4 * MIB, 'Log size after which a snapshot replaces it.'),
  compactOnUnloadRecords: count(100, 'The same for a room that is being unloaded.'),
}

export const AWARENESS = {
  windowMs: milliseconds(20, 'Cursor moves are gathered this long.', 1),
  maxStateBytes: bytes(16 * KIB, 'One cursor with its name and colour, as JSON.', 256),
  maxClientIds: count(2, 'Cursors that one connection may show.'),
}

export const LIMITS = {
  maxConnections: count(10_000, 'Websockets to rooms, for the whole process.'),
  maxUpgradesInFlight: count(64, 'Websocket handshakes being answered at once.'),
  maxFrameBytes: bytes(16 * MIB, 'One frame of a plain room.', KIB),
  jupyterMaxFrameBytes: bytes(
    256 * MIB,
    'One frame of a Jupyter room: JupyterLab sends a whole notebook in one frame.',
    KIB,
  ),
  pingMs: milliseconds(25_000, 'Pings; a connection that missed one is cut.', 1_000),
  maxPeerBufferedBytes: bytes(
    MIB,
    'Unsent data after which a slow connection gets one catch-up later instead of every edit.',
    KIB,
  ),
  slowPeerMs: milliseconds(30_000, 'A slow connection that does not catch up within this time is closed.'),
  maxParkedEdits: count(64, 'Edits of one connection that arrived before what they build on.'),
  maxParkedBytes: bytes(MIB, 'The same, in size.'),
  maxParkedMs: milliseconds(10_000, 'The same, in time.'),
  maxRefusedWrites: count(20, 'Refused edits after which a reader that keeps writing is disconnected.'),
  maxSockets: count(20_000, 'TCP connections of any kind; further ones are closed at once.'),
  maxBodyBytes: bytes(
    64 * KIB,
    'The body of a request to our own API; uploads to Jupyter have no bound.',
    KIB,
  ),
  headersTimeoutMs: milliseconds(10_000, 'A request must have sent its headers within this time.', 100),
  requestTimeoutMs: milliseconds(
    15_000,
    'The body of a request to our own API must arrive within this time.',
    100,
  ),
  maxProxiedRequests: count(1_000, 'Requests on their way to Jupyter at once.'),
  maxTunnels: count(5_000, 'Websockets to kernels, terminals and events of Jupyter.'),
}
