/** What the gateway did since it was made, and what it is doing; plain numbers for the metrics. */
export type GatewayStats = {
  readonly requests: number
  readonly requestsInFlight: number
  /** HTTP requests and upgrades that were answered without asking Jupyter. */
  readonly refused: number
  /** Jupyter did not answer, or broke off its answer. */
  readonly upstreamFailures: number
  /** The client went away before the end. */
  readonly clientAborts: number
  readonly tunnels: number
  readonly tunnelsOpen: number
  /** Of tunnels that have ended. */
  readonly tunnelBytesToJupyter: number
  readonly tunnelBytesToClients: number
}

export type Counters = { -readonly [Name in Exclude<keyof GatewayStats, 'tunnelsOpen'>]: number }

export function noCounts(): Counters {
  return {
    requests: 0,
    requestsInFlight: 0,
    refused: 0,
    upstreamFailures: 0,
    clientAborts: 0,
    tunnels: 0,
    tunnelBytesToJupyter: 0,
    tunnelBytesToClients: 0,
  }
}
