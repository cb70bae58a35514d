/**
 * A change to Jupyter's files that passed through the gateway and succeeded. Paths are relative to
 * Jupyter's root, without a leading slash.
 */
export type ContentsEvent =
  | { readonly kind: 'renamed'; readonly from: string; readonly to: string }
  | { readonly kind: 'deleted'; readonly path: string }
  /** Written by somebody else than a room: a PUT or a restored checkpoint. */
  | { readonly kind: 'written'; readonly path: string }
