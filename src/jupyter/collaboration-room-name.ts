import { type FileId, type RoomName, parseRoomName } from '../protocol/names.ts'
import { type Content, type DocumentModel, modelFor } from './models/document-model.ts'

/** What a room name of jupyter-collaboration 5 stands for. */
export type NamedRoom =
  | {
      readonly kind: 'file'
      readonly format: string
      readonly type: string
      readonly fileId: FileId
      readonly model: DocumentModel<Content>
    }
  /** Who has which documents open; nothing of it is kept. */
  | { readonly kind: 'presence' }

const GLOBAL_AWARENESS = 'JupyterLab:globalAwareness'

/** `format:type:fileId`, split at the first two colons. Undefined for what is not served. */
export function parseJupyterRoom(name: RoomName): NamedRoom | undefined {
  if (name === GLOBAL_AWARENESS) return { kind: 'presence' }
  const [format, type, ...rest] = name.split(':')
  const fileId = rest.join(':')
  if (format === undefined || type === undefined || fileId === '') return undefined
  const model = modelFor(format, type)
  return model && { kind: 'file', format, type, fileId: fileId as FileId, model }
}

/** Undefined when no room can be named like that. */
export function formatJupyterRoom(format: string, type: string, fileId: FileId): RoomName | undefined {
  return parseRoomName(`${format}:${type}:${fileId}`)
}
