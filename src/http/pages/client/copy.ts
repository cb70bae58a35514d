/** Only pages with a certificate, or of this machine, may write to the clipboard; else the text is selected. */
export async function copyText(input: HTMLInputElement): Promise<boolean> {
  input.select()
  if (!('clipboard' in navigator)) return false
  try {
    await navigator.clipboard.writeText(input.value)
    return true
  } catch {
    return false
  }
}

/** A button that copies the text of the field beside it, and says whether it did. */
export function bindCopy(button: HTMLButtonElement, input: HTMLInputElement): void {
  button.addEventListener('click', () => {
    copyText(input).then((isCopied) => {
      button.textContent = isCopied ? 'Copied' : 'Press Ctrl+C'
    }, reportError)
  })
}
