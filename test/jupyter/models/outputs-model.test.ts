import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { type YCodeCell, YNotebook } from '@jupyter/ydoc'
import fc from 'fast-check'
import { Map as YMap, Text as YText } from 'yjs'
import { writeNotebook } from '../../../src/jupyter/models/notebook-model.ts'
import { code, notebook, outputs, seed } from './notebook-arbitrary.ts'

type Output = Record<string, unknown>

/**
 * The outputs that JupyterLab 4.6 shows for the first cell: every inserted output goes to the end,
 * every change of a stream's text is a cut or an addition at the end of the last output.
 */
class ShownOutputs {
  readonly list: Output[] = []

  constructor(cell: YCodeCell) {
    this.list.push(...(cell.getOutputs() as Output[]))
    cell.changed.connect((_, change) => {
      for (const part of change.streamOutputChange ?? []) this.#continueStream(part)
      this.#splice(change.outputsChange ?? [])
    })
  }

  #continueStream(part: { delete?: number | undefined; insert?: unknown }): void {
    const last = this.list.at(-1)
    assert.ok(last !== undefined)
    const text = String(last['text'])
    if (part.delete !== undefined) last['text'] = text.slice(0, text.length - part.delete)
    if (part.insert !== undefined) last['text'] = `${String(last['text'])}${part.insert as string}`
  }

  #splice(delta: readonly { retain?: number; delete?: number; insert?: unknown }[]): void {
    let retained = 0
    for (const part of delta) {
      retained += part.retain ?? 0
      this.list.splice(retained, part.delete ?? 0)
      for (const item of (part.insert ?? []) as { toJSON(): Output }[]) this.list.push(item.toJSON())
    }
  }
}

function open(t: TestContext, initial: Output[]): YNotebook {
  const client = new YNotebook()
  t.after(() => client.dispose())
  writeOutputs(client, initial)
  return client
}

function writeOutputs(client: YNotebook, next: Output[]): void {
  writeNotebook(client.ydoc, notebook([code('a', 'x', { outputs: next })]))
}

test('[JUPYTER-M7] after any change of outputs JupyterLab shows what the document says', (t) => {
  fc.assert(
    fc.property(outputs, outputs, (before, after) => {
      const client = open(t, before)
      const shown = new ShownOutputs(client.cells[0] as YCodeCell)
      writeOutputs(client, after)
      assert.deepEqual((client.cells[0] as YCodeCell).getOutputs(), after)
      assert.deepEqual(shown.list, after)
    }),
    { seed, numRuns: 400 },
  )
})

test('[JUPYTER-M7] the text of a stream is a Y.Text, and a longer one is continued in place', (t) => {
  const stream = (text: string): Output => ({ output_type: 'stream', name: 'stdout', text })
  const client = open(t, [stream('a\n')])
  const output = (client.cells[0] as YCodeCell).youtputs.get(0)
  assert.ok(output instanceof YMap)
  const text: unknown = output.get('text')
  assert.ok(text instanceof YText)
  const deltas: unknown[] = []
  text.observe((event) => deltas.push(event.delta))
  writeOutputs(client, [stream('a\nb\n')])
  writeOutputs(client, [stream('a\n🙂')])
  assert.equal((client.cells[0] as YCodeCell).youtputs.get(0), output)
  assert.deepEqual(deltas, [
    [{ retain: 2 }, { insert: 'b\n' }],
    [{ retain: 2 }, { delete: 2 }, { insert: '🙂' }],
  ])
})

test('[JUPYTER-M7] what is no output at all goes when the outputs are written', (t) => {
  const client = open(t, [])
  const shared = (client.cells[0] as YCodeCell).youtputs as unknown as {
    insert(at: number, x: unknown[]): void
  }
  shared.insert(0, [5, { output_type: 'error', ename: 'E', evalue: '', traceback: [] }])
  writeOutputs(client, [])
  assert.deepEqual((client.cells[0] as YCodeCell).getOutputs(), [])
})
