/** Requests that a client sends one behind the other, without waiting for answers. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** By connection the answers whose turn has not come. */
const waiting = new WeakMap<Socket, Set<ServerResponse>>()

/**
 * Has an answer that waits behind others of its connection tell by 'close' when that is gone. Node does so only of the one
 * whose turn it is: the tasks of the others would go on, and their events be kept for nobody.
 */
export function closeWithConnection({ socket }: IncomingMessage, response: ServerResponse): void {
  // It is its turn.
  if (response.socket !== null) return
  const answers = waiting.get(socket) ?? watch(socket)
  answers.add(response)
  response.once('close', () => answers.delete(response))
}

function watch(socket: Socket): Set<ServerResponse> {
  const answers = new Set<ServerResponse>()
  waiting.set(socket, answers)
  socket.once('close', () => {
    for (const response of answers) {
      if (response.socket !== null) continue
      response.destroy()
      response.emit('close')
    }
  })
  return answers
}
