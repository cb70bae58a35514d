/**
 * A websocket to Jupyter: after the handshake only bytes, both ways.
 *
 * Frames are not looked at, so close codes, sub-protocols, compression and pings are whatever the
 * two ends agree on, and a side that does not read stops the other one through TCP.
 */
import type { Duplex } from 'node:stream'
import { Socket } from 'node:net'
import type { Entry } from './passage.ts'

/** Detects a dead peer; an idle kernel socket is silent for hours. */
const KEEP_ALIVE_MS = 30_000

export type TunnelEnds = { readonly client: Duplex; readonly upstream: Duplex }

export type ClosedTunnel = { readonly bytesToJupyter: number; readonly bytesToClient: number }

export class Tunnel {
  readonly entry: Entry
  readonly #ends: TunnelEnds
  readonly #lingerMs: number
  #lingering: NodeJS.Timeout | undefined

  constructor(entry: Entry, ends: TunnelEnds, lingerMs: number) {
    this.entry = entry
    this.#ends = ends
    this.#lingerMs = lingerMs
  }

  /** `onClosed` is called once, when both ends are gone. */
  open(onClosed: (closed: ClosedTunnel) => void): void {
    const { client, upstream } = this.#ends
    this.#watch(client, upstream, onClosed)
    this.#watch(upstream, client, onClosed)
    client.pipe(upstream)
    upstream.pipe(client)
  }

  /** What was passed on already still arrives. */
  mute(): void {
    const { client, upstream } = this.#ends
    client.unpipe()
    upstream.unpipe()
  }

  /** Ends both sides in good order; the peers see an abnormal close and may come back. */
  close(): void {
    const { client, upstream } = this.#ends
    this.#limitEnding()
    endAlone(client)
    endAlone(upstream)
  }

  destroy(): void {
    this.#ends.client.destroy()
    this.#ends.upstream.destroy()
  }

  #watch(end: Duplex, other: Duplex, onClosed: (closed: ClosedTunnel) => void): void {
    tune(end)
    end.on('error', () => end.destroy())
    // `pipe` ends the other side; what it has not sent yet still goes out, within the time limit.
    if (end.readableEnded) this.#limitEnding()
    else end.once('end', () => this.#limitEnding())
    end.once('close', () => {
      if (!other.destroyed) {
        this.#limitEnding()
        endAlone(other)
        return
      }
      clearTimeout(this.#lingering)
      onClosed(this.#bytes())
    })
  }

  #limitEnding(): void {
    this.#lingering ??= setTimeout(() => this.destroy(), this.#lingerMs)
  }

  #bytes(): ClosedTunnel {
    const { upstream } = this.#ends
    if (!(upstream instanceof Socket)) return { bytesToJupyter: 0, bytesToClient: 0 }
    return { bytesToJupyter: upstream.bytesWritten, bytesToClient: upstream.bytesRead }
  }
}

/** Ends a side whose partner no longer listens. Its own end is noticed only while it is read. */
function endAlone(end: Duplex): void {
  end.unpipe()
  end.end()
  end.resume()
}

function tune(end: Duplex): void {
  if (!(end instanceof Socket)) return
  end.setNoDelay(true)
  end.setKeepAlive(true, KEEP_ALIVE_MS)
  end.setTimeout(0)
}
