/** `@hocuspocus/server` 4.7 with `@hocuspocus/extension-sqlite` on a file. */
import { SQLite } from '@hocuspocus/extension-sqlite'
import { startHocuspocus } from './hocuspocus-starter.mjs'
import { dataFile, readArguments } from './starter.mjs'

const { port, data } = readArguments()
await startHocuspocus({ port, extensions: [new SQLite({ database: dataFile(data, 'documents.sqlite') })] })
