/** What the load tool forks. It ends when the channel to its parent does, however that died. */
import { runKeeper } from './servers/keeper.ts'
import { runWorker } from './load/worker.ts'

if (process.argv[2] === 'keeper') runKeeper()
else runWorker()
