import { malformed } from './byte-cursor.ts'

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const QUOTE = 0x22
const BACKSLASH = 0x5c

/**
 * Parses a JSON text from a message. Undefined when it nests deeper than `maxDepth`: V8 parses any
 * depth without recursion, but writing such a value back overflows the stack.
 *
 * Throws `SyncError('malformed_message')` when it is no JSON; `at` is where it starts, for that error.
 */
export function parseJson(
  bytes: Uint8Array,
  maxDepth: number,
  at: number,
): { readonly text: string; readonly value: unknown } | undefined {
  if (isDeeperThan(bytes, maxDepth)) return undefined
  try {
    const text = DECODER.decode(bytes)
    return { text, value: JSON.parse(text) }
  } catch {
    // Not passed on as a cause: V8's message quotes the text.
    throw malformed('text is not JSON', at)
  }
}

/** Counts brackets outside strings. For bytes that are no JSON the answer means nothing. */
function isDeeperThan(bytes: Uint8Array, maxDepth: number): boolean {
  // Each level needs two brackets.
  if (bytes.length <= 2 * maxDepth) return false
  let depth = 0
  let isInString = false
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i] ?? 0
    if (byte === QUOTE) isInString = !isInString
    else if (isInString) i += byte === BACKSLASH ? 1 : 0
    else if (byte === 0x5b || byte === 0x7b) {
      depth += 1
      if (depth > maxDepth) return true
    } else if (byte === 0x5d || byte === 0x7d) depth -= 1
  }
  return false
}
