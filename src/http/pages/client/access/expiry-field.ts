/** The choice until when access lasts, with a field for day and time that shows when it is wanted. */
import { type Expiry, chosenExpiry } from './expiry.ts'
import type { Fault } from './faults.ts'
import { fieldValue, part } from './parts.ts'

export function bindExpiryField(form: HTMLFormElement): void {
  const choice = part(form, 'expiry', HTMLSelectElement)
  const moment = part(form, 'moment', HTMLInputElement)
  const update = (): void => {
    moment.hidden = choice.value !== 'at'
  }
  choice.addEventListener('change', update)
  form.addEventListener('reset', () => queueMicrotask(update))
  update()
}

export type ReadExpiry =
  | { readonly ok: true; readonly expires: Expiry | undefined }
  | { readonly ok: false; readonly problem: Fault }

/** What the person chose; `expires` is undefined where it is to stay as it is. */
export function readExpiry(form: HTMLFormElement): ReadExpiry {
  const chosen = chosenExpiry(
    { choice: fieldValue(form, 'expires'), moment: fieldValue(form, 'moment') },
    new Date(),
  )
  return chosen.ok ? chosen : { ok: false, problem: { sentence: chosen.sentence, field: 'expires' } }
}
