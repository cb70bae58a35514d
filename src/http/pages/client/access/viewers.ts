/** Who may use this server, for those who manage it: list, add, change, remove. */
import { element } from '../page.ts'
import { bindExpiryField, readExpiry } from './expiry-field.ts'
import { Feed } from './feed.ts'
import { bindForm } from './form.ts'
import { KeyedList } from './keyed-list.ts'
import type { Viewer } from './model.ts'
import { fieldValue } from './parts.ts'
import { type AccessPage, type Section, valueOrTrouble } from './section.ts'
import { viewerRow } from './viewer-row.ts'
import { mayText } from './words.ts'

type ViewersAnswer = { readonly viewers: readonly Viewer[] }

export function viewersSection(page: AccessPage): Section {
  const section = element('viewers', HTMLElement)
  const list = new KeyedList<Viewer>({
    list: element('viewer-list', HTMLElement),
    keyOf: ({ id }) => id,
    makeRow: (viewer) => viewerRow(viewer, page, () => feed.outdate()),
    fallback: element('viewers-title', HTMLElement),
  })
  const feed = new Feed<ViewersAnswer>(
    () => page.ask('GET', 'viewers'),
    (answer) => {
      const value = valueOrTrouble(section, answer)
      if (value === undefined) return
      list.show(value.viewers.toSorted((a, b) => Number(a.expired) - Number(b.expired)))
      element('no-viewers', HTMLElement).hidden = value.viewers.length > 0
    },
  )
  bindAddForm(page, feed)
  return feed
}

function bindAddForm(page: AccessPage, feed: Feed<ViewersAnswer>): void {
  const form = element('add-viewer', HTMLFormElement)
  const subject = element('new-subject', HTMLInputElement)
  bindExpiryField(form)
  bindForm({
    form,
    send: async () => {
      const name = fieldValue(form, 'subject')
      if (name === '') return { sentence: 'Write the name of a person or of a group.', field: 'subject' }
      const until = readExpiry(form)
      if (!until.ok) return until.problem
      const answer = await page.ask<Viewer>('POST', 'viewers', {
        subject: `${fieldValue(form, 'kind')}:${name}`,
        access: fieldValue(form, 'access'),
        ...(typeof until.expires === 'string' ? { expires: until.expires } : {}),
      })
      if (!answer.ok) return answer.problem
      page.say([`${name}: ${mayText(answer.value.access)}.`, answer.value.warning ?? ''].join(' ').trim())
      return undefined
    },
    onDone: () => {
      form.reset()
      subject.focus()
      feed.outdate()
      page.refresh()
    },
  })
}
