/**
 * The context of a trace on its way with a task: what the propagator has put down, such as `traceparent`, `tracestate` and
 * `baggage`. It lies behind the value of the payload, in front of the list of segments: JSON, then its length as a u32.
 */

/** As a propagator writes and reads it. */
export type Carrier = Record<string, string>

/** Bytes of the length. */
const LENGTH = 4

/** A carrier as bytes; undefined for one that says nothing. */
export function encodeCarrier(carrier: Carrier): Uint8Array | undefined {
  const text = JSON.stringify(carrier)
  return text === '{}' ? undefined : Buffer.from(text)
}

/** The message with the carrier behind it. */
export function appendCarrier(message: Uint8Array, carrier: Uint8Array): Uint8Array {
  const whole = Buffer.allocUnsafe(message.length + carrier.length + LENGTH)
  whole.set(message)
  whole.set(carrier, message.length)
  whole.writeUInt32LE(carrier.length, whole.length - LENGTH)
  return whole
}

/** Bytes of the message that has a carrier behind it. */
export function lengthWithoutCarrier(payload: Uint8Array): number {
  const end = payload.length - LENGTH
  return end - new DataView(payload.buffer, payload.byteOffset + end, LENGTH).getUint32(0, true)
}

/** The carrier, given where the message ends. */
export function readCarrier(payload: Uint8Array, start: number): Carrier {
  const bytes = payload.subarray(start, payload.length - LENGTH)
  return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()) as Carrier
}
