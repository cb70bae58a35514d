/** Guest links: make one, copy its address the only time that it is shown, revoke it. */
import { bindCopy } from '../copy.ts'
import { element } from '../page.ts'
import { bindExpiryField, readExpiry } from './expiry-field.ts'
import { momentText, untilText } from './expiry.ts'
import { Feed } from './feed.ts'
import { bindForm } from './form.ts'
import { KeyedList, type Row } from './keyed-list.ts'
import type { GuestLink } from './model.ts'
import { bindPanel } from './panel.ts'
import { fieldValue, fromTemplate, part, setText } from './parts.ts'
import { type AccessPage, type Section, valueOrTrouble } from './section.ts'
import { mayText } from './words.ts'

type LinksAnswer = { readonly links: readonly GuestLink[] }
type MadeLink = GuestLink & { readonly url: string }

export function linksSection(page: AccessPage): Section {
  const section = element('links', HTMLElement)
  const list = new KeyedList<GuestLink>({
    list: element('link-list', HTMLElement),
    keyOf: ({ id }) => id,
    makeRow: (link) => linkRow(link, page, () => feed.outdate()),
    fallback: element('links-title', HTMLElement),
  })
  const feed = new Feed<LinksAnswer>(
    () => page.ask('GET', 'links'),
    (answer) => {
      const value = valueOrTrouble(section, answer)
      if (value === undefined) return
      list.show(value.links.toSorted((a, b) => Number(isOver(a)) - Number(isOver(b))))
      element('no-links', HTMLElement).hidden = value.links.length > 0
    },
  )
  bindLinkForm(page, feed)
  return feed
}

function bindLinkForm(page: AccessPage, feed: Feed<LinksAnswer>): void {
  const form = element('make-link', HTMLFormElement)
  bindExpiryField(form)
  bindShownLink()
  bindForm({
    form,
    send: async () => {
      const until = readExpiry(form)
      if (!until.ok) return until.problem
      const maxUses = fieldValue(form, 'maxUses')
      if (!/^(?:[1-9]\d*)?$/.test(maxUses))
        return { sentence: 'Write how many people may use it, or nothing.', field: 'maxUses' }
      const label = fieldValue(form, 'label')
      const answer = await page.ask<MadeLink>('POST', 'links', {
        access: fieldValue(form, 'access'),
        expires: until.expires,
        ...(maxUses === '' ? {} : { maxUses: Number(maxUses) }),
        ...(label === '' ? {} : { label }),
      })
      if (!answer.ok) return answer.problem
      showLink(answer.value)
      return undefined
    },
    onDone: () => {
      form.reset()
      feed.outdate()
      page.refresh()
    },
  })
}

function showLink({ url }: MadeLink): void {
  const address = element('new-link', HTMLInputElement)
  address.value = new URL(url, location.href).href
  element('copy-link', HTMLButtonElement).textContent = 'Copy'
  element('new-link-box', HTMLElement).hidden = false
  address.focus()
  address.select()
}

/** The address is in the page until it was put away, and nowhere after. */
function bindShownLink(): void {
  const address = element('new-link', HTMLInputElement)
  bindCopy(element('copy-link', HTMLButtonElement), address)
  address.addEventListener('focus', () => address.select())
  element('put-away', HTMLButtonElement).addEventListener('click', () => {
    address.value = ''
    element('new-link-box', HTMLElement).hidden = true
    element('link-label', HTMLInputElement).focus()
  })
}

function linkRow(first: GuestLink, page: AccessPage, outdate: () => void): Row<GuestLink> {
  const node = fromTemplate('link-row')
  const form = part(node, 'question', HTMLFormElement)
  const panel = bindPanel({ opener: part(node, 'remove', HTMLButtonElement), form })
  bindForm({
    form,
    send: async () => {
      const answer = await page.ask('DELETE', `links/${encodeURIComponent(first.id)}`)
      if (!answer.ok && answer.problem.status !== 404) return answer.problem
      page.say(`${nameOf(first)} was revoked.`)
      outdate()
      return undefined
    },
    onDone: () => {
      panel.close()
      page.refresh()
    },
  })
  return { node, show: (link) => renderLink(node, link), isBusy: () => panel.isOpen() }
}

function nameOf({ label }: GuestLink): string {
  return label === '' ? 'The guest link' : `The link “${label}”`
}

const ENDED: Record<GuestLink['state'], string | undefined> = {
  valid: undefined,
  used_up: 'used up',
  expired: undefined,
  revoked: 'revoked',
}

function renderLink(node: HTMLElement, link: GuestLink): void {
  const { label, access, expiresAt, maxUses, uses, createdBy, state } = link
  node.classList.toggle('is-over', state !== 'valid')
  setText(part(node, 'name', HTMLElement), label === '' ? 'without a note' : label)
  setText(part(node, 'access', HTMLElement), mayText(access))
  setText(part(node, 'until', HTMLElement), ENDED[state] ?? untilText(expiresAt, new Date()))
  part(node, 'until', HTMLElement).title = momentText(expiresAt)
  setText(part(node, 'uses', HTMLElement), `used ${uses} of ${maxUses} times, made by ${createdBy}`)
  const revoke = part(node, 'remove', HTMLButtonElement)
  revoke.setAttribute('aria-label', `Revoke ${label === '' ? 'this guest link' : label}`)
  revoke.hidden = isOver(link)
}

/** Nobody can be inside by it any more. */
function isOver({ state }: GuestLink): boolean {
  return state === 'expired' || state === 'revoked'
}
