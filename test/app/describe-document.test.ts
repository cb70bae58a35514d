import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as Y from 'yjs'
import { describeDocument } from '../../src/app/describe-document.ts'
import { digestOf, encodeRecord, packContent } from '../../src/jupyter/file-binding-record.ts'
import { modelFor } from '../../src/jupyter/models/document-model.ts'
import type { DocumentId, FileId, Lineage } from '../../src/protocol/names.ts'
import type { StoredDocument } from '../../src/room/ports.ts'

const ID = '0f0e0d0c-0000-4000-8000-000000000000' as FileId

function storedFrom(doc: Y.Doc, binding?: Uint8Array): StoredDocument {
  return {
    lineage: '0123456789abcdef0123456789abcdef' as Lineage,
    snapshotSeq: 2,
    snapshot: Y.encodeStateAsUpdate(doc),
    tail: [],
    binding,
    head: 3,
  }
}

function filesAt(path: string | undefined) {
  return { pathOf: async (fileId: FileId) => (fileId === ID ? path : undefined) }
}

const NOTEBOOK = {
  cells: [
    {
      cell_type: 'code',
      id: 'c1',
      source: 'print(1)\nprint(2)',
      metadata: {},
      outputs: [{ output_type: 'stream', name: 'stdout', text: '1\n' }],
      execution_count: 1,
    },
  ],
  metadata: { kernelspec: { name: 'python3', display_name: 'Python 3' } },
  nbformat: 4,
  nbformat_minor: 5,
}

describe('a stored document as files', () => {
  it('is a notebook at the path where it is now', async () => {
    const doc = new Y.Doc()
    modelFor('json', 'notebook')?.write(doc, NOTEBOOK)
    const id = `jupyter/json:notebook:${ID}` as DocumentId
    const [file, ...others] = await describeDocument(id, storedFrom(doc), filesAt('work/näme.ipynb'))
    assert.deepEqual(others, [])
    assert.deepEqual(file?.path, ['files', 'work', 'näme.ipynb'])
    assert.deepEqual(JSON.parse(String(file.content)), NOTEBOOK)
    assert.match(String(file.content), /^\{\n "cells": \[\n {2}\{\n[^]*\n\}\n$/)
  })

  it('is a text with the line ends that the file has', async () => {
    const doc = new Y.Doc()
    doc.getText('source').insert(0, 'one\ntwo\n')
    const base = 'one\n'
    const binding = encodeRecord({
      path: 'x.txt',
      fileId: ID,
      intent: undefined,
      base: {
        content: base,
        digest: digestOf(base),
        eol: 'crlf',
        packed: await packContent(base),
        hash: undefined,
        lastModified: 'now',
      },
    })
    const id = `jupyter/text:file:${ID}` as DocumentId
    const [file] = await describeDocument(id, storedFrom(doc, binding), filesAt('x.txt'))
    assert.deepEqual(file, { path: ['files', 'x.txt'], content: 'one\r\ntwo\r\n' })
  })

  it('has a place also when its file is nowhere any more', async () => {
    const doc = new Y.Doc()
    doc.getText('source').insert(0, 'kept')
    const id = `jupyter/text:file:${ID}` as DocumentId
    const [file] = await describeDocument(id, storedFrom(doc), filesAt(undefined))
    assert.deepEqual(file, { path: ['unplaced', `${ID}.txt`], content: 'kept' })
  })

  it('is its whole state and a view of it when nobody here knows its layout', async () => {
    const doc = new Y.Doc()
    doc.getText('t').insert(0, 'bold', { bold: true })
    doc.getMap('m').set('bytes', new Uint8Array([1, 2]))
    doc.getMap('m').set('big', 2n ** 60n)
    doc.getArray('a').push([new Y.Map([['x', 1]]), 'two'])
    doc.getXmlFragment('x').insert(0, [new Y.XmlElement('p')])
    doc.getText('gone').insert(0, 'x')
    doc.getText('gone').delete(0, 1)
    for (const id of ['plain/..', 'jupyter/strange:kind:x'] as DocumentId[]) {
      const [kind = '', name = ''] = id.split('/')
      const [bin, json] = await describeDocument(id, storedFrom(doc), filesAt(undefined))
      assert.deepEqual(bin?.path, ['rooms', kind, `${name}.bin`])
      const again = new Y.Doc()
      Y.applyUpdate(again, bin.content as Uint8Array)
      assert.deepEqual(Y.encodeStateAsUpdate(again), Y.encodeStateAsUpdate(doc))
      assert.deepEqual(JSON.parse(String(json?.content)), {
        t: 'bold',
        m: { bytes: 'AQI=', big: '1152921504606846976' },
        a: [{ x: 1 }, 'two'],
        x: '<p></p>',
        gone: null,
      })
    }
  })

  it('is refused when its history has a hole', async () => {
    const doc = new Y.Doc()
    const updates: Uint8Array[] = []
    doc.on('update', (update: Uint8Array) => updates.push(update))
    doc.getText('t').insert(0, 'a')
    doc.getText('t').insert(1, 'b')
    const stored = { ...storedFrom(doc), snapshot: updates[1] }
    await assert.rejects(describeDocument('plain/x' as DocumentId, stored, filesAt(undefined)), /hole/)
  })
})
