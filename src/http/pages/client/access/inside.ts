/** Who is inside at this moment, and a way to put somebody out. */
import { element } from '../page.ts'
import { Feed } from './feed.ts'
import { bindForm } from './form.ts'
import { KeyedList, type Row } from './keyed-list.ts'
import type { PersonInside } from './model.ts'
import { bindPanel } from './panel.ts'
import { fieldValue, fromTemplate, part, setText } from './parts.ts'
import { type AccessPage, type Section, valueOrTrouble } from './section.ts'
import { mayText } from './words.ts'

type PeopleAnswer = { readonly people: readonly PersonInside[] }

/** `mayRemove` is asked anew each time. */
export function insideSection(page: AccessPage, mayRemove: (person: PersonInside) => boolean): Section {
  const section = element('inside', HTMLElement)
  const list = new KeyedList<PersonInside>({
    list: element('inside-list', HTMLElement),
    keyOf: ({ id }) => id,
    makeRow: (person) => personRow(person, { page, mayRemove, outdate: () => feed.outdate() }),
    fallback: element('inside-title', HTMLElement),
  })
  const feed = new Feed<PeopleAnswer>(
    () => page.ask('GET', 'people'),
    (answer) => {
      const value = valueOrTrouble(section, answer)
      if (value === undefined) return
      list.show(value.people)
      element('nobody-inside', HTMLElement).hidden = value.people.length > 0
    },
  )
  return feed
}

type PersonContext = {
  readonly page: AccessPage
  readonly mayRemove: (person: PersonInside) => boolean
  readonly outdate: () => void
}

function personRow(first: PersonInside, { page, mayRemove, outdate }: PersonContext): Row<PersonInside> {
  const node = fromTemplate('person-row')
  const form = part(node, 'question', HTMLFormElement)
  const opener = part(node, 'remove', HTMLButtonElement)
  const { id, displayName } = first
  opener.setAttribute('aria-label', `Remove ${displayName} from the rooms`)
  const panel = bindPanel({ opener, form })
  bindForm({
    form,
    send: async () => {
      const minutes = Number(fieldValue(form, 'minutes'))
      const answer = await page.ask('POST', 'kick', { user: id, ...(minutes > 0 ? { minutes } : {}) })
      if (!answer.ok) return answer.problem
      page.say(`${displayName} was removed from the rooms.`)
      outdate()
      return undefined
    },
    onDone: () => {
      panel.close()
      page.refresh()
    },
  })
  const show = (person: PersonInside): void => {
    const isYou = person.id === page.you.id
    renderPerson(node, person, isYou)
    opener.hidden = isYou || !mayRemove(person)
  }
  return { node, show, isBusy: () => panel.isOpen() }
}

function renderPerson(node: HTMLElement, person: PersonInside, isYou: boolean): void {
  // Through the style object a color stays a color, whatever else the text may hold.
  part(node, 'dot', HTMLElement).style.backgroundColor = person.color
  setText(part(node, 'name', HTMLElement), person.displayName)
  setText(part(node, 'you', HTMLElement), isYou ? 'you' : '')
  setText(part(node, 'access', HTMLElement), mayText(person.access))
  const titles = [...new Set(person.sessions.map(({ title }) => title))]
  setText(part(node, 'rooms', HTMLElement), titles.join(', '))
}
