/** What happens between a document and its file, for logs and metrics. */
export type FileEvent = {
  readonly kind:
    | 'imported'
    | 'saved'
    | 'merged'
    /** The disk's version of a text file was kept in `detail`, a file beside it. */
    | 'kept-beside'
    | 'renamed'
    /** Something stands between document and file: `detail` says what. */
    | 'trouble'
    | 'recovered'
  readonly path: string
  readonly detail?: string | undefined
  /** Milliseconds, for saves. */
  readonly ms?: number | undefined
}
