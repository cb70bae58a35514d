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
  maxBytes: bytes(
    1024 * MIB,
    "Memory of all documents together, as estimated; above it, empty rooms go first, then new rooms are refused. The same happens when Node's heap is 85 % full: it has a limit of its own (--max-old-space-size).",
    MIB,
  ),
  maxDocumentBytes: bytes(
    64 * MIB,
    'One document, encoded. A full one takes no more content; it can be read, and made smaller.',
    KIB,
  ),
  maxUpdateBytes: bytes(
    64 * MIB,
    'One edit, or all that a client brings along when it comes back; a frame has limits of its own.',
    KIB,
  ),
  maxClientIds: count(
    5_000,
    'Browsers (page loads) that ever wrote in one document: each makes every edit slower. Above it, only those may write that did before; at 2,000 the log says so.',
  ),
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
    6,
    'The same for writes to the disk, over all rooms, while many edits follow each other.',
    0,
  ),
  compactAfterRecords: count(4_000, 'Log records after which a snapshot replaces them.'),
  compactAfterBytes: bytes(4 * MIB, 'Log size after which a snapshot replaces it.'),
  compactOnUnloadRecords: count(100, 'The same for a room that is being unloaded.'),
}

/** y-protocols: an `Awareness` looks every 3 s whether its own state is 15 s old, and then repeats it. */
const RENEWED_WITHIN_MS = 18_000
/** The same: whoever is not heard of for so long is dropped. */
const FORGOTTEN_AFTER_MS = 30_000
/** What the network and two busy machines may take of the rest. */
const ON_THE_WAY_MS = 2_000
const MAX_RENEWAL_MS = FORGOTTEN_AFTER_MS - RENEWED_WITHIN_MS - ON_THE_WAY_MS
/** A cursor that comes later than this is of no use to anybody. */
const MAX_DELAY_MS = 5_000

export const AWARENESS = {
  windowMs: milliseconds(
    20,
    'Cursor moves are gathered this long, in a room of up to 100 people. The first after a pause hardly waits.',
    1,
  ),
  maxWindowMs: milliseconds(
    1_000,
    'In larger rooms that time grows with the square of the number of people, so that there is no more to send: four times as long for twice as many. This is the longest.',
    1,
    MAX_DELAY_MS,
  ),
  renewalMs: milliseconds(
    10_000,
    'What only says "still here" is gathered this long. Clients say it every 15 to 18 s, and forget whoever they have not heard of for 30 s.',
    0,
    MAX_RENEWAL_MS,
  ),
  readersAbove: count(
    300,
    'In a room of more people than this, those who may only read are shown cursors less often.',
  ),
  readerWindowMs: milliseconds(2_000, 'They are shown them this often.', 1, MAX_DELAY_MS),
  maxStateBytes: bytes(16 * KIB, 'One cursor with its name and colour, as JSON.', 256),
  maxClientIds: count(2, 'Cursors that one connection may show.'),
}

export const LIMITS = {
  maxConnections: count(10_000, 'Websockets to rooms, for the whole process.'),
  maxConnectionsPerUser: count(
    200,
    'The same for one person, in all tabs together; JupyterLab has one for each open document. Visitors of open mode count as one person as long as they keep their cookie.',
  ),
  maxRoomsPerUser: count(
    200,
    'Rooms in memory that one person was the first to enter, and is in or has left empty; at the limit their empty ones go first.',
  ),
  maxNewClientIds: count(
    8,
    'Yjs client ids that one connection may introduce by its edits; one that comes back with more is let in.',
  ),
  maxUpgradesInFlight: count(64, 'Websocket handshakes being answered at once.'),
  maxFrameBytes: bytes(16 * MIB, 'One frame of a plain room.', KIB),
  jupyterMaxFrameBytes: bytes(
    256 * MIB,
    'One frame of a Jupyter room: JupyterLab sends a whole notebook in one frame.',
    KIB,
  ),
  pingMs: milliseconds(
    25_000,
    'A connection that is silent for so long is pinged, and cut when it does not answer for as long again.',
    1_000,
  ),
  maxPeerBufferedBytes: bytes(
    MIB,
    'Unsent data after which a slow connection gets one catch-up later instead of every edit.',
    KIB,
  ),
  slowPeerMs: milliseconds(30_000, 'A slow connection that takes nothing at all for this long is closed.'),
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
  maxGrants: count(1_000, 'Viewers that may be added while the server runs, beside those declared here.'),
  maxProxiedRequests: count(1_000, 'Requests on their way to Jupyter at once.'),
  maxTunnels: count(5_000, 'Websockets to kernels, terminals and events of Jupyter.'),
}
