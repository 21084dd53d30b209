/** Moves numbers through one shared 8-byte cell: cheaper than a DataView per buffer, and independent of alignment. */
const cell = new ArrayBuffer(8)
const bytes = new Uint8Array(cell)
const float = new Float64Array(cell)
const integer = new BigInt64Array(cell)

function putCell(target: Uint8Array, offset: number): void {
  target[offset] = bytes[0]!
  target[offset + 1] = bytes[1]!
  target[offset + 2] = bytes[2]!
  target[offset + 3] = bytes[3]!
  target[offset + 4] = bytes[4]!
  target[offset + 5] = bytes[5]!
  target[offset + 6] = bytes[6]!
  target[offset + 7] = bytes[7]!
}

function takeCell(source: Uint8Array, offset: number): void {
  bytes[0] = source[offset]!
  bytes[1] = source[offset + 1]!
  bytes[2] = source[offset + 2]!
  bytes[3] = source[offset + 3]!
  bytes[4] = source[offset + 4]!
  bytes[5] = source[offset + 5]!
  bytes[6] = source[offset + 6]!
  bytes[7] = source[offset + 7]!
}

/** Writes 4 bytes; serves signed and unsigned alike. */
export function putInt32(target: Uint8Array, offset: number, value: number): void {
  target[offset] = value
  target[offset + 1] = value >> 8
  target[offset + 2] = value >> 16
  target[offset + 3] = value >> 24
}

/** Reads 4 bytes as a signed number. */
export function takeInt32(source: Uint8Array, offset: number): number {
  return source[offset]! | (source[offset + 1]! << 8) | (source[offset + 2]! << 16) | (source[offset + 3]! << 24)
}

/** Writes 8 bytes, bit for bit. */
export function putFloat64(target: Uint8Array, offset: number, value: number): void {
  float[0] = value
  putCell(target, offset)
}

/** Reads 8 bytes, bit for bit. */
export function takeFloat64(source: Uint8Array, offset: number): number {
  takeCell(source, offset)
  return float[0]!
}

/** Writes 8 bytes; the caller has checked that `value` fits 64 bits, signed. */
export function putBigInt64(target: Uint8Array, offset: number, value: bigint): void {
  integer[0] = value
  putCell(target, offset)
}

/** Reads 8 bytes as a signed BigInt. */
export function takeBigInt64(source: Uint8Array, offset: number): bigint {
  takeCell(source, offset)
  return integer[0]!
}
