/** The thread that reads the configuration of a server that runs from TypeScript: `--import tsx` is for the main thread only. */
import { register } from 'tsx/esm/api'

register()
await import('./load-worker.ts')
