/** Pieces of the page that are made from its `<template>` elements. */
import { element } from '../page.ts'

/** A copy of the one element in a template. */
export function fromTemplate(id: string): HTMLElement {
  const made = element(id, HTMLTemplateElement).content.firstElementChild?.cloneNode(true)
  if (!(made instanceof HTMLElement)) throw new Error(`the template ${id} is empty`)
  return made
}

/** The element with this `data-part` inside `root`. */
export function part<Kind extends HTMLElement>(
  root: ParentNode,
  name: string,
  kind: abstract new () => Kind,
): Kind {
  const found = root.querySelector(`[data-part="${name}"]`)
  if (!(found instanceof kind)) throw new Error(`there is no ${kind.name} called ${name} here`)
  return found
}

/** The value of a form's field; empty when there is no such field. */
export function fieldValue(form: HTMLFormElement, name: string): string {
  const value = new FormData(form).get(name)
  return typeof value === 'string' ? value.trim() : ''
}

/** Changes what is shown only where it differs, so that a screen reader is not told the same again. */
export function setText(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text
}

/** Who works by keyboard would start from the top of the page when the focused element is hidden. */
export function rescueFocus(fallback: HTMLElement): void {
  const focused = document.activeElement
  if (focused !== null && focused.closest('[hidden]') !== null) fallback.focus()
}
