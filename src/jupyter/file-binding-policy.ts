/** How a file room treats its file. All times in milliseconds. */
export type FilePolicy = {
  /** Autosave this long after the last change. */
  readonly saveDelayMs: number
  /** Autosave at the latest this long after the first unsaved change. */
  readonly saveMaxWaitMs: number
  /** How often the file is looked at while somebody is there. */
  readonly pollMs: number
  /** Longest pause between looks while Jupyter does not answer. */
  readonly pollMaxMs: number
  /** A manual save is answered after this long, whatever happens. */
  readonly saveDeadlineMs: number
  /** A closing room tries this long to save. */
  readonly closeDeadlineMs: number
  readonly retryMinMs: number
  readonly retryMaxMs: number
  /** How long a file that looks torn must stay as it is before it is believed. */
  readonly credibleMs: number
  /**
   * After a save, how long clients need to take over the new hash. JupyterLab asks for the file's
   * facts once after `state.hash` changed, and until it has them a Ctrl+S shows "File Changed".
   */
  readonly hashGraceMs: number
}

export const DEFAULT_FILE_POLICY: FilePolicy = {
  saveDelayMs: 1_000,
  saveMaxWaitMs: 10_000,
  pollMs: 1_000,
  pollMaxMs: 5_000,
  saveDeadlineMs: 30_000,
  closeDeadlineMs: 5_000,
  retryMinMs: 1_000,
  retryMaxMs: 60_000,
  credibleMs: 500,
  hashGraceMs: 150,
}
