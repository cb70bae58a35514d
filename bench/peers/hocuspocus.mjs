/** `@hocuspocus/server` 4.7 in memory. */
import { startHocuspocus } from './hocuspocus-starter.mjs'
import { readArguments } from './starter.mjs'

await startHocuspocus({ port: readArguments().port, extensions: [] })
