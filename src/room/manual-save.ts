import { runInBackground } from '../lib/run-in-background.ts'
import { encodeSaveReply } from '../protocol/encode.ts'
import type { SaveStatus } from '../protocol/message.ts'
import type { DocumentBinding } from './ports.ts'
import type { Session } from './session.ts'

/** Answered exactly once, whatever happens; a stock client waits for ever otherwise. */
export function answerSave(
  session: Session,
  saveId: number,
  { binding, onError }: { binding: DocumentBinding | undefined; onError: (error: unknown) => void },
): void {
  const answer = (status: SaveStatus): void => session.reply(encodeSaveReply(saveId, status))
  if (binding === undefined || session.access === 'read' || session.lacksEdits) {
    answer('failed')
    return
  }
  runInBackground(
    async () => answer(await binding.save()),
    (error) => {
      onError(error)
      answer('failed')
    },
  )
}
