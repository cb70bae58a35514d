/**
 * Passes over the plain values in a Yjs update (V1), which are JSON texts or lib0's "any" encoding,
 * and checks them without building more than Yjs will.
 */
import { type ByteCursor, malformed } from '../protocol/byte-cursor.ts'
import { SyncError } from '../protocol/errors.ts'
import { parseJson } from '../protocol/json-text.ts'

const Any = {
  bytes: 116,
  array: 117,
  object: 118,
  string: 119,
  true: 120,
  false: 121,
  bigint: 122,
  float64: 123,
  float32: 124,
  integer: 125,
  null: 126,
  undefined: 127,
} as const

/** How Yjs writes `undefined` where it writes JSON. */
const JSON_UNDEFINED = asciiBytes('undefined')
/** lib0 decodes objects by assignment, so this key would replace their prototype. */
const PROTO = asciiBytes('__proto__')

export type ValueLimits = {
  /** Levels of one JSON or "any" value. Writing it back is recursive and fails at about 5000. */
  readonly maxValueDepth: number
  /** Of map keys, attributes, and names of roots and elements. */
  readonly maxKeyBytes: number
}

export class ValueReader {
  hasBigInt = false
  readonly #cursor: ByteCursor
  readonly #limits: ValueLimits

  constructor(cursor: ByteCursor, limits: ValueLimits) {
    this.#cursor = cursor
    this.#limits = limits
  }

  /** Passes a map key, attribute or name; returns its bytes, which end at the cursor. */
  skipKey(): number {
    const at = this.#cursor.position
    const length = this.#cursor.count(1)
    if (length > this.#limits.maxKeyBytes) throw tooLarge('key')
    const start = this.#cursor.position
    this.#cursor.skipText(length)
    if (isAscii(this.#cursor.bytes, start, length, PROTO)) throw malformed('key __proto__', at)
    return length
  }

  /** Passes a JSON text; in lists of JSON values Yjs also writes the word `undefined`. */
  skipJson(where: 'list' | 'alone'): void {
    const { bytes } = this.#cursor
    const at = this.#cursor.position
    const length = this.#cursor.count(1)
    const start = this.#cursor.position
    this.#cursor.skip(length)
    if (where === 'list' && isAscii(bytes, start, length, JSON_UNDEFINED)) return
    const json = parseJson(bytes.subarray(start, start + length), this.#limits.maxValueDepth, at)
    if (json === undefined) throw tooLarge('nesting of a value')
    if (hasProtoKey(json.text)) throw malformed('key __proto__', at)
  }

  skipAny(): void {
    this.#any(this.#cursor.byte(), 0)
  }

  /** Passes a value that has to be an object; `isAllowed` judges its own keys by their position. */
  skipAnyObject(isAllowed: (start: number, length: number) => boolean): void {
    const at = this.#cursor.position
    if (this.#cursor.byte() !== Any.object) throw malformed('value is not an object', at)
    const count = this.#cursor.count(2)
    for (let i = 0; i < count; i += 1) {
      const length = this.skipKey()
      if (!isAllowed(this.#cursor.position - length, length)) throw malformed('forbidden key', at)
      this.#any(this.#cursor.byte(), 1)
    }
  }

  #any(kind: number, depth: number): void {
    switch (kind) {
      case Any.undefined:
      case Any.null:
      case Any.true:
      case Any.false:
        return
      case Any.integer:
        this.#cursor.varInt()
        return
      case Any.string:
        this.#cursor.skipText(this.#cursor.count(1))
        return
      case Any.bytes:
        this.#cursor.skip(this.#cursor.varUint())
        return
      case Any.array:
      case Any.object:
        this.#members(kind === Any.object, depth + 1)
        return
      default:
        this.#number(kind)
    }
  }

  #number(kind: number): void {
    if (kind !== Any.float32 && kind !== Any.float64 && kind !== Any.bigint) {
      throw malformed('unknown value', this.#cursor.position - 1)
    }
    if (kind === Any.bigint) this.hasBigInt = true
    this.#cursor.skip(kind === Any.float32 ? 4 : 8)
  }

  #members(isObject: boolean, depth: number): void {
    if (depth > this.#limits.maxValueDepth) throw tooLarge('nesting of a value')
    const count = this.#cursor.count(isObject ? 2 : 1)
    for (let i = 0; i < count; i += 1) {
      if (isObject) this.skipKey()
      this.#any(this.#cursor.byte(), depth)
    }
  }
}

export function tooLarge(what: string): SyncError {
  return new SyncError('too_large', `${what} exceeds the limit`)
}

export function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

export function isAscii(bytes: Uint8Array, start: number, length: number, text: Uint8Array): boolean {
  if (length !== text.length) return false
  for (let i = 0; i < length; i += 1) if (bytes[start + i] !== text[i]) return false
  return true
}

/** A JSON text can also spell the key with escapes, so a suspicious one is walked. */
function hasProtoKey(text: string): boolean {
  if (!text.includes('__proto__') && !text.includes('\\u')) return false
  let isFound = false
  JSON.parse(text, (key, value: unknown) => {
    isFound ||= key === '__proto__'
    return value
  })
  return isFound
}
