import type { KeySchema } from './schema.ts'

/**
 * The value that a text from the environment or a flag stands for. A text that does not fit the
 * key's type stays a text, and the schema check says what was expected.
 */
export function parseText(schema: KeySchema, text: string): unknown {
  switch (schema['type']) {
    case 'integer':
      return /^-?\d{1,15}$/.test(text) ? Number(text) : text
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text
    case 'array':
      return text.split(',').map((item) => item.trim())
    default:
      return text
  }
}

/** Users, groups and viewers have a structure that one text cannot carry. */
export function fitsInText(schema: KeySchema): boolean {
  if (schema['type'] === 'object') return false
  if (schema['type'] !== 'array') return true
  const items = schema['items'] as Readonly<Record<string, unknown>> | undefined
  return items?.['type'] === 'string'
}
