/**
 * How a store of an older version becomes one of this. Format 1 is the first; whoever changes the
 * layout so that older code could not read it adds a step here, and a stored example of the format
 * before it to test/store/fixtures.
 */
import type { LevelHandle } from './level-handle.ts'

export type Migration = {
  /** The format that the database has afterwards: one more than before. */
  readonly to: number
  /** For the log. */
  readonly what: string
  /**
   * Runs before anything is served. May be interrupted anywhere and is then run again from its
   * beginning, so it takes what it has done already as done; it writes in batches of bounded size.
   */
  readonly run: (handle: LevelHandle) => Promise<void>
}

export const MIGRATIONS: readonly Migration[] = []

const FIRST_FORMAT = 1

/** The format of a store that has all of them behind it. */
export function formatAfter(migrations: readonly Migration[]): number {
  return migrations.at(-1)?.to ?? FIRST_FORMAT
}
