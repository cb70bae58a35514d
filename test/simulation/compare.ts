/** Everybody connected and nothing under way: every copy of a document must be the same. */
import type * as Y from 'yjs'
import { IMPORTS, type Place, SAVES, countOf } from './place.ts'
import type { SimClient } from './client.ts'
import { exchange } from './rest.ts'
import { type Fingerprint, difference, fingerprint } from './same-document.ts'
import { Violation } from './violation.ts'
import type { World } from './world.ts'

export async function compareAll(world: World): Promise<void> {
  for (const place of world.places) await comparePlace(world, place)
  world.checkReceipts()
  await world.checkRestored()
  // Whoever comes now sees only what the server knows, of the document and of people.
  for (const place of world.places) {
    const newcomer = world.newClient(place)
    // Stock clients do not show the state with which somebody else begins.
    newcomer.move()
    world.clients.push(newcomer)
  }
  await exchange(world)
  for (const place of world.places) await comparePlace(world, place)
  // Once more through the store: what a newcomer gets from a room that was loaded anew.
  await world.kill()
  await exchange(world)
  for (const place of world.places) await comparePlace(world, place)
  world.check()
}

async function comparePlace(world: World, place: Place): Promise<void> {
  const { document } = place
  const written = await world.disk.restored(document)
  const expected = fingerprint(written)
  const clients = world.clients.filter((client) => client.place === place)
  for (const { name, doc, isSynced } of clients) {
    if (!isSynced) throw new Violation(`${name} never got the document`)
    compareDocument(name, doc, expected)
  }
  const room = place.binding?.roomDoc
  if (clients.length > 0 && room !== undefined) compareDocument(`room ${document}`, room, expected)
  for (const client of clients) comparePresence(client, clients)
  await compareBinding(world, place, written)
}

function compareDocument(name: string, doc: Y.Doc, expected: Fingerprint): void {
  if (doc.store.pendingStructs !== null || doc.store.pendingDs !== null)
    throw new Violation(`${name} waits for something that nobody will send`)
  const found = difference(fingerprint(doc), expected)
  if (found !== undefined) throw new Violation(`${name} is not what is stored; ${found}`)
}

/** Everybody sees everybody who shows a cursor, under the right name, and nobody who is gone. */
function comparePresence(client: SimClient, clients: readonly SimClient[]): void {
  const expected = new Map<number, string>()
  for (const { doc, awareness, principal } of clients) {
    const state = awareness.getLocalState()
    if (state === null || doc.clientID === client.doc.clientID) continue
    expected.set(doc.clientID, `${String(state['cursor'])} of ${principal.displayName}`)
  }
  const seen = new Map<number, string>()
  for (const [id, state] of client.awareness.getStates()) {
    if (id === client.doc.clientID) continue
    const { name } = state['user'] as { name: string }
    seen.set(id, `${String(state['cursor'])} of ${name}`)
  }
  const sorted = (map: Map<number, string>): string => JSON.stringify([...map].toSorted(([a], [b]) => a - b))
  if (sorted(seen) !== sorted(expected))
    throw new Violation(`${client.name} sees ${sorted(seen)} where ${sorted(expected)} are present`)
}

async function compareBinding(world: World, { document, binding }: Place, written: Y.Doc): Promise<void> {
  if (binding === undefined) return
  const imports = written.getArray(IMPORTS).length
  if (imports > 1) throw new Violation(`${document} was imported ${imports} times`)
  const saves = Number(written.getMap(SAVES).get('count') ?? 0)
  const stored = countOf(await world.disk.binding(document))
  if (saves !== stored) throw new Violation(`${document} counts ${saves} saves, its binding record ${stored}`)
}
