/** Which file a child process of the load tool runs: from source, or beside the built bundle. */
import { fileURLToPath } from 'node:url'

/** Forked with `worker` (generates load) or `keeper` (holds a server that must not outlive us). */
export function workerEntry(): string {
  const name = import.meta.url.endsWith('.ts') ? './child.ts' : './child.js'
  return fileURLToPath(new URL(name, import.meta.url))
}
