import { EditorState } from '@codemirror/state'
import {
  EditorView,
  drawSelection,
  highlightActiveLine,
  keymap,
  lineNumbers,
  placeholder,
} from '@codemirror/view'
import { yCollab, yUndoManagerKeymap } from 'y-codemirror.next'
import type { Awareness } from 'y-protocols/awareness'
import { type Text, UndoManager } from 'yjs'

export type EditorOptions = {
  readonly parent: HTMLElement
  readonly text: Text
  readonly awareness: Awareness
  readonly mayEdit: boolean
}

const theme = EditorView.theme({
  '&': { fontSize: '15px', color: 'var(--text)', backgroundColor: 'var(--card)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.65', paddingBlock: '0.75rem' },
  '.cm-content': { caretColor: 'var(--text)' },
  '.cm-cursor': { borderLeftColor: 'var(--text)', borderLeftWidth: '2px' },
  '.cm-gutters': { color: 'var(--muted)', backgroundColor: 'var(--card)', border: 'none' },
  '.cm-activeLine': { backgroundColor: 'color-mix(in srgb, var(--accent) 6%, transparent)' },
  '.cm-placeholder': { color: 'var(--muted)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'color-mix(in srgb, var(--accent) 25%, transparent)',
  },
  // Names stay visible: whose cursor it is must not need a mouse.
  '.cm-ySelectionInfo': {
    opacity: '0.95',
    top: '-1.5em',
    padding: '0 0.35em',
    borderRadius: '4px 4px 4px 0',
    fontFamily: 'system-ui, sans-serif',
    fontSize: '0.7em',
    fontWeight: '600',
    lineHeight: '1.5',
  },
})

export function createEditor({ parent, text, awareness, mayEdit }: EditorOptions): EditorView {
  const undoManager = new UndoManager(text)
  return new EditorView({
    parent,
    state: EditorState.create({
      doc: text.toJSON(),
      extensions: [
        // Styles made by a script need the page's nonce.
        EditorView.cspNonce.of(document.querySelector<HTMLScriptElement>('script[nonce]')?.nonce ?? ''),
        keymap.of([...yUndoManagerKeymap, { key: 'Tab', run: insertTab }]),
        lineNumbers(),
        drawSelection(),
        highlightActiveLine(),
        placeholder(
          mayEdit ? 'Type something. Everybody in this room sees it.' : 'Nothing is written here yet.',
        ),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ 'aria-label': 'Shared text' }),
        EditorState.readOnly.of(!mayEdit),
        EditorState.tabSize.of(4),
        theme,
        yCollab(text, awareness, { undoManager }),
      ],
    }),
  })
}

function insertTab(view: EditorView): boolean {
  if (view.state.readOnly) return false
  view.dispatch(view.state.replaceSelection('\t'), { scrollIntoView: true, userEvent: 'input' })
  return true
}
