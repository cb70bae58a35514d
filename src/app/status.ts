import type { StatusFacts } from '../http/routes/status.ts'
import type { CheckResult, ContentsClient } from '../jupyter/contents-client.ts'
import { parseJupyterRoom } from '../jupyter/collaboration-room-name.ts'
import { parseRoomName } from '../protocol/names.ts'
import type { CommitLoop } from '../room/commit-loop.ts'
import type { RoomRegistry } from '../room/room-registry.ts'
import type { RoomSummary } from '../room/room-views.ts'
import type { FileIndex } from '../store/file-index.ts'

export type StatusSources = {
  readonly rooms: RoomRegistry
  readonly loop: CommitLoop
  readonly files: FileIndex
  readonly checkJupyter: (() => Promise<CheckResult>) | undefined
  readonly life: { readonly isDraining: boolean }
}

/** How long an answer about Jupyter is good for: every open status page asks every other second. */
const CHECK_MS = 5000

/** Asks Jupyter at most once per `CHECK_MS`, however many ask us. */
export function rareCheck(contents: Pick<ContentsClient, 'check'>): () => Promise<CheckResult> {
  let last: { readonly at: number; readonly answer: Promise<CheckResult> } | undefined
  return () => {
    const now = performance.now()
    if (last === undefined || now - last.at > CHECK_MS) last = { at: now, answer: contents.check() }
    return last.answer
  }
}

/** What the status page shows; asks Jupyter whether it answers. */
export async function statusFacts({
  rooms,
  loop,
  files,
  checkJupyter,
  life,
}: StatusSources): Promise<StatusFacts> {
  const isStoreWritable = loop.failure === undefined
  const check = await checkJupyter?.()
  const { sessions, memory } = rooms.stats()
  return {
    rooms: await Promise.all(
      rooms.summaries().map(async (room) => ({ ...room, title: await titleOf(room, files) })),
    ),
    sessions,
    memory,
    jupyter: check === undefined ? 'none' : check === 'ok' ? 'answers' : check,
    isStoreWritable,
    isReady: isStoreWritable && !life.isDraining,
  }
}

/** A person knows a file by its path, not by its id. */
export async function titleOf(
  { document }: Pick<RoomSummary, 'document'>,
  files: FileIndex,
): Promise<string | undefined> {
  if (!document.startsWith('jupyter/')) return undefined
  const name = parseRoomName(document.slice('jupyter/'.length))
  const room = name && parseJupyterRoom(name)
  return room?.kind === 'file' ? await files.pathOf(room.fileId) : undefined
}
