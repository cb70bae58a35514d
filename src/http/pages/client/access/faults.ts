/** Says what went wrong beside the field concerned, and ties both together for a screen reader. */
import type { Problem } from './api.ts'

/** What is said, and beside which field. */
export type Fault = Pick<Problem, 'sentence' | 'field'>

let made = 0

/** The focus goes to the field, where there is one; what was typed stays. */
export function showFault(form: HTMLFormElement, problem: Fault): void {
  clearFaults(form)
  const { control, sentence } = placeOf(form, problem)
  const fault = document.createElement('p')
  made += 1
  fault.id = `fault-${made}`
  fault.className = 'fault'
  fault.dataset['testid'] = 'fault'
  fault.setAttribute('role', 'alert')
  const place = control?.closest('.field') ?? form
  place.append(fault)
  // After it is in the page, so that it is read out.
  fault.textContent = sentence
  if (control === undefined) return
  control.setAttribute('aria-invalid', 'true')
  control.setAttribute('aria-describedby', fault.id)
  control.focus()
}

export function clearFaults(form: HTMLFormElement): void {
  for (const fault of form.querySelectorAll('.fault')) fault.remove()
  for (const control of form.querySelectorAll('[aria-invalid]')) {
    control.removeAttribute('aria-invalid')
    control.removeAttribute('aria-describedby')
  }
}

type Place = {
  readonly control?: HTMLInputElement | HTMLSelectElement | undefined
  readonly sentence: string
}

/** The server begins with the name of the field: `expires: "x" is not …` or `expires is in the past.` */
function placeOf(form: HTMLFormElement, { sentence, field }: Fault): Place {
  const [prefix = '', named = ''] = /^(\w+)(?:: )?/.exec(sentence) ?? []
  const name = field ?? named
  // Where a field is chosen in two steps, the second one has `data-for`.
  const second = form.querySelector(`[data-for="${CSS.escape(name)}"]:not([hidden])`)
  const control = second ?? form.elements.namedItem(name)
  if (!(control instanceof HTMLInputElement || control instanceof HTMLSelectElement)) return { sentence }
  const isLabel = prefix.endsWith(': ') && named === name
  return { control, sentence: isLabel ? sentence.slice(prefix.length) : sentence }
}
