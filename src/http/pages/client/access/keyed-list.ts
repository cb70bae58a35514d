import { rescueFocus } from './parts.ts'

/** One entry of a list, which stays the same element for as long as the item is there. */
export type Row<Item> = {
  readonly node: HTMLElement
  show(item: Item): void
  /** True while somebody types into it or is asked something: then it stays, though its item is gone. */
  isBusy(): boolean
}

export type KeyedListOptions<Item> = {
  readonly list: HTMLElement
  readonly keyOf: (item: Item) => string
  readonly makeRow: (item: Item) => Row<Item>
  /** Gets the keyboard focus when what had it is gone and no other row is left. */
  readonly fallback: HTMLElement
}

/** A list that is shown anew every few seconds without disturbing who is in the middle of it. */
export class KeyedList<Item> {
  readonly #options: KeyedListOptions<Item>
  readonly #rows = new Map<string, Row<Item>>()

  constructor(options: KeyedListOptions<Item>) {
    this.#options = options
  }

  show(items: readonly Item[]): void {
    const { list, keyOf, makeRow, fallback } = this.#options
    const hadFocus = list.contains(document.activeElement)
    const keys = new Set(items.map(keyOf))
    for (const [key, row] of this.#rows) if (!keys.has(key) && !row.isBusy()) this.#remove(key, row)
    let next = list.firstElementChild
    for (const item of items) {
      const row = this.#rows.get(keyOf(item)) ?? makeRow(item)
      this.#rows.set(keyOf(item), row)
      row.show(item)
      if (row.node === next) next = next.nextElementSibling
      else insertKeepingFocus(list, row.node, next)
    }
    if (hadFocus && !list.contains(document.activeElement)) fallback.focus()
    rescueFocus(fallback)
  }

  #remove(key: string, { node }: Row<Item>): void {
    if (node.contains(document.activeElement)) {
      const neighbor = node.nextElementSibling ?? node.previousElementSibling
      const target = neighbor?.querySelector('button:not([hidden])') ?? this.#options.fallback
      if (target instanceof HTMLElement) target.focus()
    }
    node.remove()
    this.#rows.delete(key)
  }
}

/** To move an element takes the focus from what is in it. */
function insertKeepingFocus(list: HTMLElement, node: HTMLElement, before: Element | null): void {
  const focused = document.activeElement
  list.insertBefore(node, before)
  if (focused instanceof HTMLElement && focused !== document.activeElement) focused.focus()
}
