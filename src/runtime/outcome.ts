import { exit } from 'node:process'
import { encodeError } from '../errors/index.js'
import { COMPLETION_COMPLETED, COMPLETION_FAILED } from '../lane/layout.js'
import { unwrapMoved } from '../segments/move.js'
import { detachBuffer } from '../segments/shared-bytes.js'
import type { CompletionWriter } from './completion-writer.js'

/** Completes a task with a result whose memory is taken away from this process once it is sent. */
export function completeMoved(writer: CompletionWriter, index: number, generation: number, value: unknown): void {
  const buffers: ArrayBuffer[] = []
  writer.write(COMPLETION_COMPLETED, index, generation, unwrapMoved(value, buffers))
  buffers.forEach(detachBuffer)
}

/** Says what a task has thrown. */
export function fail(writer: CompletionWriter, index: number, generation: number, error: unknown): void {
  try {
    writer.write(COMPLETION_FAILED, index, generation, encodeError(error))
  } catch (failure) {
    // A worker that cannot even say how its task ended (no descriptor is left, say) must not sit on it.
    console.error(failure)
    exit(1)
  }
}
