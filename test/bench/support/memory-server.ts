/** A y-websocket server in a process of its own that keeps nothing. Argument: the port. */
import { startFaultyServer } from './faulty-server.ts'

await startFaultyServer({ port: Number(process.argv[2]) })
