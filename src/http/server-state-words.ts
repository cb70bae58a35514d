/** The state of a Jupyter server in words, for pages and for programs that show them. */
import type { ServerPhase } from '../jupyter/drivers/driver.ts'

const SENTENCES: Record<ServerPhase, string> = {
  stopped: 'The Jupyter server is stopped.',
  starting: 'The Jupyter server is starting.',
  running: 'The Jupyter server is running.',
  stopping: 'The Jupyter server is being stopped.',
  crashed: 'The Jupyter server has crashed.',
  unreachable: 'The Jupyter server does not answer.',
}

export function phaseSentence(phase: ServerPhase): string {
  return SENTENCES[phase]
}

/** `owners`: the start of a sentence, such as `Ada` or `Members of the group lab`. */
export function whoMaySentence(owners: string, isControllable: boolean): string {
  return isControllable
    ? `${owners} may start and stop it.`
    : 'It is started and stopped elsewhere, not on this page.'
}
