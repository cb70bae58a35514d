/** Why somebody gets in, or does not: the grants that match one person, by name or by group. */
import { element } from '../page.ts'
import { bindForm } from './form.ts'
import type { AccessAnswer } from './model.ts'
import { fieldValue } from './parts.ts'
import type { AccessPage } from './section.ts'
import { mayText, reasonText } from './words.ts'

export function bindWhy(page: AccessPage): void {
  const form = element('why', HTMLFormElement)
  bindForm({
    form,
    send: async () => {
      const user = fieldValue(form, 'user')
      if (user === '') return { sentence: 'Write the name of a person.', field: 'user' }
      const answer = await page.ask<AccessAnswer>('GET', `access?user=${encodeURIComponent(user)}`)
      if (!answer.ok) return answer.problem
      showReasons(answer.value)
      return undefined
    },
    onDone: () => undefined,
  })
}

function showReasons({ user, access, because }: AccessAnswer): void {
  const sentence =
    because.length === 0
      ? `${user} has no access: nothing here names this person or a group of theirs.`
      : `${user}: ${access === 'none' ? 'no access' : mayText(access)}.`
  element('why-sentence', HTMLElement).textContent = sentence
  element('why-reasons', HTMLElement).replaceChildren(
    ...because.map((reason) => {
      const item = document.createElement('li')
      item.textContent = reasonText(reason)
      return item
    }),
  )
}
