export type GatewayLimits = {
  readonly connectTimeoutMs: number
  /** Longest silence on the connection to Jupyter before its answer begins; none after that. */
  readonly answerTimeoutMs: number
  readonly maxRequestsInFlight: number
  /** Websockets to kernels, terminals and events. */
  readonly maxTunnels: number
  /** A reader's contents answers above this size pass without `writable: false`. */
  readonly maxReaderViewBytes: number
  /** Longest wait for a save that is under way, when the front-end asks for a file's hash. */
  readonly settleMs: number
  /** How long one side of a tunnel may take to end after the other did. */
  readonly lingerMs: number
}

export const DEFAULT_GATEWAY_LIMITS: GatewayLimits = {
  connectTimeoutMs: 5_000,
  // Exporting a notebook to PDF or starting a kernel on a busy machine takes its time.
  answerTimeoutMs: 300_000,
  maxRequestsInFlight: 1_000,
  maxTunnels: 5_000,
  maxReaderViewBytes: 8 * 1024 * 1024,
  settleMs: 300,
  lingerMs: 30_000,
}
