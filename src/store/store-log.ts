/** What the store tells an operator. A pino logger fits; the store does not know pino. */
export type StoreLog = {
  readonly info: (facts: object, message: string) => void
  readonly warn: (facts: object, message: string) => void
  readonly error: (facts: object, message: string) => void
}

export const SILENT_LOG: StoreLog = { info: () => {}, warn: () => {}, error: () => {} }
