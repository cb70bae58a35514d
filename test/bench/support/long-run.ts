/** A run without end, for the test that kills it; prints a line when the load has begun. */
import { runScenario } from '../../../bench/load/coordinator.ts'
import { startOutrigger } from '../../../bench/servers/outrigger.ts'
import { shortScenario } from './short-scenario.ts'

const server = await startOutrigger({ fsync: 'never' })
let hasBegun = false
await runScenario(shortScenario(server.roomUrl, {}, { workers: 2, forSeconds: 600 }), {
  server,
  onProgress: ({ point }) => {
    if (point !== undefined && !hasBegun) {
      hasBegun = true
      console.log('begun')
    }
  },
})
