/** What the person at the page may do, why, and the way out. */
import { element } from '../page.ts'
import { untilText } from './expiry.ts'
import { bindForm } from './form.ts'
import type { Reason, Resource } from './model.ts'
import { bindPanel } from './panel.ts'
import { rescueFocus, setText } from './parts.ts'
import type { AccessPage } from './section.ts'
import { mayText, reasonText } from './words.ts'

/** Returns what shows it. */
export function ownAccess(page: AccessPage): (resource: Resource) => void {
  let ownGrant: Reason | undefined
  const opener = element('leave', HTMLButtonElement)
  const form = element('leave-question', HTMLFormElement)
  const panel = bindPanel({ opener, form })
  bindForm({
    form,
    send: async () => {
      const answer = await page.ask('DELETE', `viewers/${encodeURIComponent(ownGrant?.id ?? '')}`)
      return answer.ok ? undefined : answer.problem
    },
    onDone: () => {
      panel.close()
      page.say('You gave up your access.')
      page.refresh()
    },
  })
  return ({ access, because }) => {
    ownGrant = because.find(isOwnToGive)
    setText(element('own-access', HTMLElement), mayText(access))
    setText(element('own-reasons', HTMLElement), because.map(describe).join('; '))
    if (!panel.isOpen()) opener.hidden = ownGrant === undefined
    rescueFocus(element('server-title', HTMLElement))
  }
}

/** What the configuration declares, or a group brings, is given up there. */
function isOwnToGive({ id, origin, subject }: Reason): boolean {
  return id !== undefined && origin === 'api' && subject.startsWith('user:')
}

function describe(reason: Reason): string {
  const { expiresAt } = reason
  const text = reasonText(reason)
  return expiresAt === null || expiresAt === undefined ? text : `${text}, ${untilText(expiresAt, new Date())}`
}
