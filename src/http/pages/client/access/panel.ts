/** A form that a button opens and closes: an editor, or a question that is asked before something is done. */
import { clearFaults } from './faults.ts'
import { part } from './parts.ts'

export type Panel = {
  readonly isOpen: () => boolean
  /** Gives the focus back to the button, unless told otherwise. */
  readonly close: () => void
}

/** Escape and the part `cancel` close it. `onOpen` fills it; then its first field has the focus. */
export function bindPanel({
  opener,
  form,
  onOpen = () => undefined,
}: {
  readonly opener: HTMLButtonElement
  readonly form: HTMLFormElement
  readonly onOpen?: (() => void) | undefined
}): Panel {
  const isOpen = (): boolean => !form.hidden
  const toggle = (willOpen: boolean): void => {
    form.hidden = !willOpen
    opener.setAttribute('aria-expanded', String(willOpen))
  }
  const close = (): void => {
    if (!isOpen()) return
    const hadFocus = form.contains(document.activeElement)
    clearFaults(form)
    toggle(false)
    if (hadFocus) opener.focus()
  }
  const cancel = part(form, 'cancel', HTMLButtonElement)
  toggle(false)
  opener.addEventListener('click', () => {
    if (isOpen()) {
      close()
      return
    }
    onOpen()
    toggle(true)
    // A question begins at the answer that does nothing.
    const first = form.querySelector<HTMLElement>('select, input') ?? cancel
    first.focus()
  })
  cancel.addEventListener('click', close)
  form.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') close()
  })
  return { isOpen, close }
}
