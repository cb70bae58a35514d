/** The playground: one shared text, to see with one's own eyes that sharing works. */
import type { WebsocketProvider } from 'y-websocket'
import { type ConnectionState, connectRoom } from './room-connection.ts'
import { bindCopy } from './copy.ts'
import { createEditor } from './editor.ts'
import { type Tone, element, pageData, show } from './page.ts'
import { showPeople, tidyStates } from './people.ts'
import { mintRoomName, roomOf } from './room-name.ts'
import type { SaveState } from './save-tracker.ts'
import { type Self, keepSelf, readSelf, tidyName } from './self.ts'

const CONNECTION: Record<ConnectionState, readonly [Tone, string]> = {
  connecting: ['busy', 'Connecting…'],
  connected: ['good', 'Connected'],
  disconnected: ['bad', 'Not connected, trying again…'],
}

const SAVED: Record<SaveState, readonly [Tone, string]> = {
  saved: ['good', 'Everything you typed is written on the server.'],
  saving: ['busy', 'Writing to the server…'],
  unsent: ['bad', 'Not sent yet: what you typed is only in this tab until the connection is back.'],
  idle: ['waiting', 'Nothing of yours is waiting to be sent.'],
}

/** Of the close codes that end the connection for good. */
const FINAL: Readonly<Record<number, string>> = {
  4401: 'You are not signed in any more. Reload this page to sign in again.',
  4403: 'You may not be in this room.',
  4404: 'This room does not exist, or is not for you.',
  4409: 'This room was started anew. Reload this page; copy first what you want to keep.',
}

const { you } = pageData()
const notice = element('notice', HTMLElement)
let isSaved = true

function tell(text: string): void {
  notice.textContent = text
  notice.hidden = false
}

function start(): void {
  const room = roomOf(location.hash)
  if (room === undefined) {
    tell('A room’s name has up to 200 letters, digits and . _ : ~ - after the # in the address.')
    return
  }
  element('room', HTMLElement).textContent = room
  const connection = element('connection', HTMLElement)
  const saved = element('saved', HTMLElement)
  const provider = connectRoom(room, {
    onConnection: (state) => show(connection, ...CONNECTION[state]),
    onSaveState: (state) => {
      isSaved = state === 'saved' || state === 'idle'
      show(saved, ...SAVED[state])
    },
    onClosed: (code, reason) => {
      show(connection, 'bad', 'Ended')
      tell(FINAL[code] ?? `The server ended the connection: ${reason}`)
    },
  })
  saved.hidden = !you.mayEdit
  if (!you.mayEdit) tell('You may look at this room, but not change it.')
  tidyStates(provider.awareness)
  bindSelf(provider)
  showPeople(provider.awareness)
  createEditor({
    parent: element('editor', HTMLElement),
    text: provider.doc.getText('playground'),
    awareness: provider.awareness,
    mayEdit: you.mayEdit,
  }).focus()
}

/** Name and color: shown, editable where they may be chosen, and told to the others. */
function bindSelf({ awareness }: WebsocketProvider): void {
  const name = element('name', HTMLInputElement)
  const color = element('color', HTMLInputElement)
  const first = readSelf(you)
  name.value = first.name
  color.value = first.color
  name.readOnly = you.isAuthenticated
  element('name-hint', HTMLElement).hidden = !you.isAuthenticated
  const announce = (): void => {
    const self: Self = { name: tidyName(name.value) || first.name, color: color.value }
    awareness.setLocalStateField('user', self)
    keepSelf(self)
  }
  name.addEventListener('input', announce)
  color.addEventListener('input', announce)
  announce()
}

function bindLinks(): void {
  const link = element('link', HTMLInputElement)
  link.value = location.href
  link.addEventListener('focus', () => link.select())
  bindCopy(element('copy', HTMLButtonElement), link)
  element('new-room', HTMLAnchorElement).href = `#${mintRoomName()}`
  // Another room is another document: starting over is the simple way to let go of this one.
  addEventListener('hashchange', () => location.reload())
}

addEventListener('beforeunload', (event) => {
  // The browser asks whether to leave; what only this tab holds would be gone.
  if (!isSaved) event.preventDefault()
})
bindLinks()
start()
