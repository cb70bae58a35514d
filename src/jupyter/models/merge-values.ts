import { type Json, type JsonObject, equalJson } from './json.ts'

/** Three-way choice: what only one side changed is taken; where both changed, live wins. */
export function mergeValue<T extends Json | undefined>(base: T, live: T, disk: T): T {
  return equalJson(live, base) ? disk : live
}

/** Key by key; a key that one side deleted counts as changed. */
export function mergeObject(base: JsonObject, live: JsonObject, disk: JsonObject): JsonObject {
  const keys = new Set([...Object.keys(live), ...Object.keys(disk)])
  const pairs = [...keys].flatMap((key): [string, Json][] => {
    const value = mergeValue<Json | undefined>(own(base, key), own(live, key), own(disk, key))
    return value === undefined ? [] : [[key, value]]
  })
  return Object.fromEntries(pairs)
}

function own(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined
}
