/** What is echoed, and the check that it came back: a pool that loses or mangles values measures nothing. */

export type Payload = string | Record<string, unknown> | Uint8Array

export const text20 = 'twenty bytes to echo'

export const object6: Record<string, unknown> = {
  id: 7,
  name: 'resize',
  width: 200,
  height: 100,
  ratio: 0.5,
  ok: true,
}

export function bytes(length: number): Uint8Array {
  return Buffer.alloc(length, 7)
}

/** Cheap beside the task: strings whole, of objects two fields, of bytes the length and both ends. */
export function checkEcho(sent: Payload, received: unknown): void {
  if (!isEcho(sent, received)) throw new Error(`the pool gave back ${String(received).slice(0, 200)}`)
}

function isEcho(sent: Payload, received: unknown): boolean {
  if (typeof sent === 'string') return received === sent
  if (typeof received !== 'object' || received === null) return false
  if (sent instanceof Uint8Array) {
    if (!(received instanceof Uint8Array) || received.length !== sent.length) return false
    return received[0] === sent[0] && received[sent.length - 1] === sent[sent.length - 1]
  }
  const object = received as Record<string, unknown>
  return object['id'] === sent['id'] && object['name'] === sent['name']
}
