import { createHash } from 'node:crypto'

/** Of the 255 that file systems take, so that a mark for a second one of that name still fits. */
const MAX_BYTES = 200
/** What Windows refuses, what would end a segment, and the sign of encoding itself. */
const UNSAFE = new Set('"*/:<>?\\|%')
/** Devices of Windows, with any extension. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i

/**
 * A name that is one segment of a path on every file system: what is not safe is percent-encoded, so
 * two names become one only where the file system sees no difference. Never empty, `.` or `..`.
 */
export function safeFileName(name: string): string {
  const encoded = Array.from(name, (character) =>
    isUnsafe(character) ? percent(character) : character,
  ).join('')
  // Windows drops these, and `.` and `..` are no names.
  const ended = encoded.replace(/[. ]$/, percent)
  const safe = ended === '' ? '%' : DEVICE.test(ended) ? `%${ended}` : ended
  return Buffer.byteLength(safe) <= MAX_BYTES ? safe : shortened(safe)
}

function isUnsafe(character: string): boolean {
  return character < ' ' || character === '\u007f' || UNSAFE.has(character)
}

/** The beginning, a hash of the whole, and the extension. */
function shortened(name: string): string {
  const extension = /\.[A-Za-z0-9]{1,10}$/.exec(name)?.[0] ?? ''
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 16)
  const room = MAX_BYTES - extension.length - hash.length - 1
  const start = Buffer.from(name)
    .subarray(0, room)
    .toString()
    .replace(/\uFFFD+$/, '')
  return `${start}~${hash}${extension}`
}

/** Of one ASCII character. */
function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}
