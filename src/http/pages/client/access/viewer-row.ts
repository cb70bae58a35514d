import { bindExpiryField, readExpiry } from './expiry-field.ts'
import { momentText, untilText } from './expiry.ts'
import { bindForm } from './form.ts'
import type { Row } from './keyed-list.ts'
import type { Viewer } from './model.ts'
import { type Panel, bindPanel } from './panel.ts'
import { fieldValue, fromTemplate, part, setText } from './parts.ts'
import type { AccessPage } from './section.ts'
import { mayText, subjectOf, subjectText } from './words.ts'

/** One grant: shown, and where it was added here, changed and removed. */
export function viewerRow(first: Viewer, page: AccessPage, outdate: () => void): Row<Viewer> {
  const node = fromTemplate('viewer-row')
  const row: RowContext = { node, page, outdate, path: pathOf(first), shown: () => viewer }
  let viewer = first
  const editor = bindEditor(row)
  const question = bindRemoval(row)
  return {
    node,
    show: (next) => {
      viewer = next
      render(node, next)
    },
    isBusy: () => editor.isOpen() || question.isOpen(),
  }
}

type RowContext = {
  readonly node: HTMLElement
  readonly page: AccessPage
  readonly outdate: () => void
  readonly path: string
  readonly shown: () => Viewer
}

function pathOf({ id }: Viewer): string {
  return `viewers/${encodeURIComponent(id)}`
}

function render(node: HTMLElement, viewer: Viewer): void {
  const { kind, name } = subjectOf(viewer.subject)
  const isEditable = viewer.origin === 'api'
  node.classList.toggle('is-over', viewer.expired)
  setText(part(node, 'kind', HTMLElement), kind)
  setText(part(node, 'name', HTMLElement), name)
  setText(part(node, 'access', HTMLElement), mayText(viewer.access))
  part(node, 'access', HTMLElement).dataset['access'] = viewer.access
  setText(part(node, 'until', HTMLElement), untilText(viewer.expiresAt, new Date()))
  part(node, 'until', HTMLElement).title = viewer.expiresAt === null ? '' : momentText(viewer.expiresAt)
  setText(part(node, 'origin', HTMLElement), originText(viewer))
  for (const name of ['change', 'remove'] as const) {
    const button = part(node, name, HTMLButtonElement)
    button.hidden = !isEditable
    button.setAttribute(
      'aria-label',
      name === 'change'
        ? `Change access of ${subjectText(viewer.subject)}`
        : `Remove ${subjectText(viewer.subject)}`,
    )
  }
}

function originText({ origin, declaredAt, addedBy, addedAt }: Viewer): string {
  if (origin === 'config') return `declared in ${declaredAt ?? 'the configuration'}; change it there`
  if (origin === 'link') return 'by a guest link'
  const by = addedBy === undefined ? 'added here' : `added by ${addedBy}`
  return addedAt === undefined ? by : `${by} on ${momentText(addedAt)}`
}

function bindEditor({ node, page, outdate, path, shown }: RowContext): Panel {
  const form = part(node, 'editor', HTMLFormElement)
  bindExpiryField(form)
  const panel = bindPanel({
    opener: part(node, 'change', HTMLButtonElement),
    form,
    onOpen: () => {
      form.reset()
      part(form, 'new-access', HTMLSelectElement).value = shown().access
    },
  })
  bindForm({
    form,
    send: async () => {
      const until = readExpiry(form)
      if (!until.ok) return until.problem
      const { expires } = until
      const answer = await page.ask<Viewer>('PATCH', path, {
        access: fieldValue(form, 'access'),
        ...(expires === undefined ? {} : { expires }),
      })
      if (!answer.ok) return answer.problem
      const { subject, access, expiresAt } = answer.value
      page.say(`${subjectText(subject)}: ${mayText(access)}, ${untilText(expiresAt, new Date())}.`)
      outdate()
      render(node, answer.value)
      return undefined
    },
    onDone: () => {
      panel.close()
      page.refresh()
    },
  })
  return panel
}

function bindRemoval({ node, page, outdate, path, shown }: RowContext): Panel {
  const form = part(node, 'question', HTMLFormElement)
  const panel = bindPanel({
    opener: part(node, 'remove', HTMLButtonElement),
    form,
    onOpen: () =>
      setText(
        part(form, 'sentence', HTMLElement),
        `Take this access from ${subjectText(shown().subject)}? It takes effect at once, also on open notebooks.`,
      ),
  })
  bindForm({
    form,
    send: async () => {
      const answer = await page.ask('DELETE', path)
      // Somebody else was faster: it is gone all the same.
      if (!answer.ok && answer.problem.status !== 404) return answer.problem
      page.say(`${subjectText(shown().subject)} was removed.`)
      outdate()
      return undefined
    },
    onDone: () => {
      panel.close()
      page.refresh()
    },
  })
  return panel
}
