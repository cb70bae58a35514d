/**
 * Counts what rooms report, in plain numbers: tens of thousands of reports a second must cost
 * nothing that anybody could measure. Whoever wants to know reads them, once in a while.
 */
import { ERRORS, type ErrorCode } from '../protocol/errors.ts'
import type { ClientMessage } from '../protocol/message.ts'
import type { AnswerKind, EvictionReason, LagOutcome, ParkOutcome, RoomObserver } from '../room/ports.ts'
import { Distribution } from './distribution.ts'
import { METRICS, type NamesOf } from './metric-table.ts'

type MessageKind = ClientMessage['kind']

export class RoomTally implements RoomObserver {
  readonly messages: Record<MessageKind, number> = {
    syncStep1: 0,
    syncStep2: 0,
    update: 0,
    awareness: 0,
    queryAwareness: 0,
    save: 0,
    unknown: 0,
  }
  readonly rejections = zeroes(Object.keys(ERRORS) as ErrorCode[])
  readonly parkedEdits: Record<ParkOutcome, number> = { kept: 0, dropped: 0 }
  readonly answers: Record<AnswerKind, number> = { whole: 0, difference: 0 }
  readonly answerBytes: Record<AnswerKind, number> = { whole: 0, difference: 0 }
  readonly evictions: Record<EvictionReason, number> = { rooms: 0, memory: 0, person: 0 }
  receivedBytes = 0
  commitBytes = 0
  broadcastFrames = 0
  broadcastBytes = 0
  leaves = 0
  lagging = 0
  presenceIn = 0
  presenceOut = 0
  presenceOutBytes = 0
  compactionBytes = 0
  auditFailures = 0
  readonly inspectSeconds = distributionOf('outrigger_inspect_seconds')
  readonly waitSeconds = distributionOf('outrigger_wait_seconds')
  readonly applySeconds = distributionOf('outrigger_apply_seconds')
  readonly commitSeconds = distributionOf('outrigger_commit_seconds')
  readonly commitRecords = distributionOf('outrigger_commit_records')
  readonly commitRooms = distributionOf('outrigger_commit_rooms')
  readonly broadcastSeconds = distributionOf('outrigger_broadcast_seconds')
  readonly fanOutSeconds = distributionOf('outrigger_fan_out_seconds')
  readonly joinSeconds = distributionOf('outrigger_join_seconds')
  readonly answerSeconds = distributionOf('outrigger_answer_seconds')
  readonly loadSeconds = distributionOf('outrigger_load_seconds')
  readonly compactionSeconds = distributionOf('outrigger_compaction_seconds')
  readonly lagSeconds: Readonly<Record<LagOutcome, Distribution>> = {
    caught_up: distributionOf('outrigger_lag_seconds'),
    too_slow: distributionOf('outrigger_lag_seconds'),
    left: distributionOf('outrigger_lag_seconds'),
  }

  received(kind: MessageKind, bytes: number): void {
    this.messages[kind] += 1
    this.receivedBytes += bytes
  }

  rejected(code: ErrorCode): void {
    this.rejections[code] += 1
  }

  inspected(ms: number): void {
    this.inspectSeconds.add(ms / 1000)
  }

  parked(outcome: ParkOutcome): void {
    this.parkedEdits[outcome] += 1
  }

  applied(batch: Parameters<RoomObserver['applied']>[0]): void {
    this.waitSeconds.add(batch.waitMs / 1000)
    this.applySeconds.add(batch.ms / 1000)
  }

  committed(batch: Parameters<RoomObserver['committed']>[0]): void {
    this.commitSeconds.add(batch.ms / 1000)
    this.commitRecords.add(batch.records)
    this.commitRooms.add(batch.rooms)
    this.commitBytes += batch.bytes
  }

  broadcast(batch: Parameters<RoomObserver['broadcast']>[0]): void {
    this.broadcastSeconds.add(batch.ms / 1000)
    this.fanOutSeconds.add(batch.fanOutMs / 1000)
    this.broadcastFrames += batch.recipients
    this.broadcastBytes += batch.bytes
  }

  joined(ms: number): void {
    this.joinSeconds.add(ms / 1000)
  }

  left(): void {
    this.leaves += 1
  }

  loaded(ms: number): void {
    this.loadSeconds.add(ms / 1000)
  }

  answered(answer: Parameters<RoomObserver['answered']>[0]): void {
    this.answerSeconds.add(answer.ms / 1000)
    this.answers[answer.kind] += 1
    this.answerBytes[answer.kind] += answer.bytes
  }

  lagStarted(): void {
    this.lagging += 1
  }

  lagEnded(outcome: LagOutcome, ms: number): void {
    this.lagging -= 1
    this.lagSeconds[outcome].add(ms / 1000)
  }

  presenceReceived(states: number): void {
    this.presenceIn += states
  }

  presenceSent(states: number, bytes: number): void {
    this.presenceOut += states
    this.presenceOutBytes += bytes
  }

  compacted(snapshot: Parameters<RoomObserver['compacted']>[0]): void {
    this.compactionSeconds.add(snapshot.ms / 1000)
    this.compactionBytes += snapshot.bytes
  }

  auditFailed(): void {
    this.auditFailures += 1
  }

  evicted(reason: EvictionReason): void {
    this.evictions[reason] += 1
  }
}

function distributionOf(name: NamesOf<'histogram'>): Distribution {
  return new Distribution(METRICS[name].buckets)
}

function zeroes<Key extends string>(keys: readonly Key[]): Record<Key, number> {
  return Object.fromEntries(keys.map((key) => [key, 0])) as Record<Key, number>
}
