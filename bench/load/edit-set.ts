/** A growing set of edit numbers, one bit each: thousands of clients each hold one. */
export class EditSet {
  #words: Uint32Array = new Uint32Array(8)
  #size = 0

  get size(): number {
    return this.#size
  }

  has(edit: number): boolean {
    return ((this.#words[edit >>> 5] ?? 0) & (1 << (edit & 31))) !== 0
  }

  /** False when it was there already. */
  add(edit: number): boolean {
    const word = edit >>> 5
    if (word >= this.#words.length) this.#grow(word)
    const bit = 1 << (edit & 31)
    const before = this.#words[word] ?? 0
    if ((before & bit) !== 0) return false
    this.#words[word] = before | bit
    this.#size += 1
    return true
  }

  addAll(other: EditSet): void {
    for (const edit of other.values()) this.add(edit)
  }

  clear(): void {
    this.#words.fill(0)
    this.#size = 0
  }

  *values(): Generator<number> {
    for (let word = 0; word < this.#words.length; word += 1) {
      const bits = this.#words[word] ?? 0
      for (let bit = 0; bits !== 0 && bit < 32; bit += 1) if ((bits & (1 << bit)) !== 0) yield word * 32 + bit
    }
  }

  #grow(word: number): void {
    const words = new Uint32Array(Math.max(word + 1, this.#words.length * 2))
    words.set(this.#words)
    this.#words = words
  }
}
