import { type Fault, clearFaults, showFault } from './faults.ts'

export type FormTask = {
  readonly form: HTMLFormElement
  /** Resolves with what did not work. */
  readonly send: () => Promise<Fault | undefined>
  readonly onDone: () => void
}

/**
 * Sends a form by our own means: once at a time, with faults shown beside their fields. The button
 * is not disabled meanwhile, because that would take the keyboard focus from it.
 */
export function bindForm({ form, send, onDone }: FormTask): void {
  const run = async (): Promise<void> => {
    clearFaults(form)
    form.setAttribute('aria-busy', 'true')
    try {
      const problem = await send()
      if (problem === undefined) onDone()
      else showFault(form, problem)
    } finally {
      form.removeAttribute('aria-busy')
    }
  }
  form.noValidate = true
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    if (form.getAttribute('aria-busy') !== 'true') run().catch(reportError)
  })
}
