import { Deserializer, deserialize, Serializer, serialize } from 'node:v8'
import { mayMention, mention, mentionedBuffers } from '../segments/mentions.js'
import { badEncoding } from './bad-encoding.js'
import { bytesOf, copyToBuffer } from './bytes.js'
import { buffersIn, hasNestedErrors, holdsLost } from './lost-search.js'
import { kindOf, viewSegment } from './segment.js'
import { elementSize, viewConstructor, viewKind } from './views.js'

/** Host objects on the wire: a Buffer with its bytes, or a view on an ArrayBuffer that is a value of its own. */
const HOST_BUFFER = 0
const HOST_VIEW = 1
/** A view on a segment. */
const HOST_SEGMENT = 2

/** A segment that V8 is to write as its number alone. */
type Segment = readonly [number: number, buffer: ArrayBuffer]

/**
 * V8's structured clone, with two differences from `v8.serialize`: a Buffer stays a Buffer and carries its own
 * bytes alone; every other view is sent with its whole ArrayBuffer, so that views which share memory share it on
 * the other side too.
 */
class StructuredWriter extends Serializer {
  /** Missing from the type definitions of Node; `v8.serialize` itself is built on it. */
  declare _setTreatArrayBufferViewsAsHostObjects: (flag: boolean) => void

  #buffers = false
  #resizable = false

  constructor(hostViews: boolean, segments: readonly Segment[]) {
    super()
    for (const [number, buffer] of segments) this.transferArrayBuffer(number, buffer)
    this._setTreatArrayBufferViewsAsHostObjects(hostViews)
    this.writeHeader()
  }

  /** True if the value must be written again by V8 alone: only V8 knows which views track a resizable buffer. */
  get wantsNativeViews(): boolean {
    return this.#resizable && !this.#buffers
  }

  _writeHostObject(object: unknown): void {
    if (!ArrayBuffer.isView(object)) throw new TypeError(`${nameOf(object)} could not be cloned.`)
    const segment = mayMention() ? mention(object.buffer) : undefined
    if (segment !== undefined) {
      this.writeUint32(HOST_SEGMENT)
      this.writeUint32(kindOf(object))
      this.writeUint32(segment)
      this.writeDouble(object.byteOffset)
      this.writeDouble(object.byteLength)
      return
    }
    if (object instanceof Buffer) {
      this.#buffers = true
      this.writeUint32(HOST_BUFFER)
      this.writeUint32(object.length)
      this.writeRawBytes(object)
      return
    }
    const kind = viewKind(object)
    if (kind < 0) throw new TypeError(`${object.constructor.name} could not be cloned.`)
    if ((object.buffer as { resizable?: boolean }).resizable === true) this.#resizable = true
    this.writeUint32(HOST_VIEW)
    this.writeUint32(kind)
    this.writeDouble(object.byteOffset)
    this.writeDouble(object.byteLength)
    this.writeValue(object.buffer)
  }
}

/** What an object of Node's is called: few have a tag of their own, and one of those that they inherit says little. */
function nameOf(object: unknown): string {
  const name: unknown = (object as { constructor?: { name?: unknown } } | null)?.constructor?.name
  return typeof name === 'string' && name !== '' ? `#<${name}>` : Object.prototype.toString.call(object)
}

class StructuredReader extends Deserializer {
  constructor(bytes: Uint8Array) {
    super(bytes)
    for (const [number, buffer] of mentionedBuffers()) this.transferArrayBuffer(number, buffer)
    this.readHeader()
  }

  _readHostObject(): unknown {
    const shape = this.readUint32()
    if (shape === HOST_BUFFER) {
      const length = this.readUint32()
      return copyToBuffer(this.readRawBytes(length), 0, length)
    }
    if (shape === HOST_SEGMENT) {
      return this.viewSegment(this.readUint32(), this.readUint32(), this.readDouble(), this.readDouble())
    }
    if (shape !== HOST_VIEW) throw badEncoding('host object')
    const constructor = viewConstructor(this.readUint32())
    const byteOffset = this.readDouble()
    const byteLength = this.readDouble()
    const buffer: unknown = this.readValue()
    if (constructor === undefined || !(buffer instanceof ArrayBuffer)) throw badEncoding('view')
    const length = byteLength / elementSize(constructor)
    if (!Number.isInteger(length) || length < 0) throw badEncoding('view length')
    return new constructor(buffer, byteOffset, length)
  }

  protected viewSegment(kind: number, number: number, byteOffset: number, byteLength: number): unknown {
    return viewSegment(kind, number, byteOffset, byteLength)
  }
}

/** Finds out whether there is a way to read what was written: here, where nothing is mentioned yet. */
class TrialReader extends StructuredReader {
  protected override viewSegment(): unknown {
    return undefined
  }
}

/** V8 asks the prototype for this class when a value cannot be cloned; Node sets it on its own subclass only. */
Object.defineProperty(StructuredWriter.prototype, '_getDataCloneError', { value: TypeError })

/**
 * Serializes with the semantics of `structuredClone`, and refuses what would be lost as well as what V8 refuses.
 *
 * @returns the bytes, freshly allocated
 * @throws what V8 or a getter of the value throws; a TypeError
 */
export function serializeStructured(value: unknown): Uint8Array {
  const segments = mayMention() ? segmentsIn(value) : []
  const bytes = write(value, segments)
  if (holdsLost(value, bytes.length))
    throw new TypeError('An object whose content no clone can carry could not be cloned.')
  if (hasNestedErrors() && !isReadable(bytes, segments))
    throw new TypeError('An Error that leads back to itself by its cause cannot be read by this version of Node.')
  return bytes
}

function write(value: unknown, segments: readonly Segment[]): Uint8Array {
  const writer = new StructuredWriter(true, segments)
  writer.writeValue(value)
  if (!writer.wantsNativeViews) return writer.releaseBuffer()
  const native = new StructuredWriter(false, segments)
  native.writeValue(value)
  return native.releaseBuffer()
}

/** The segments that lie in a value as buffers: V8 tells of views only, and would copy these. */
function segmentsIn(value: unknown): Segment[] {
  return buffersIn(value).flatMap((buffer) => {
    const number = mention(buffer)
    return number === undefined ? [] : [[number, buffer] as const]
  })
}

/** V8 before that of Node 22 writes Errors that lead back to themselves, but cannot read them. */
function isReadable(bytes: Uint8Array, segments: readonly Segment[]): boolean {
  readsCycles ??= canReadCycles()
  if (readsCycles) return true
  try {
    const reader = new TrialReader(bytes)
    for (const [number, buffer] of segments) reader.transferArrayBuffer(number, buffer)
    reader.readValue()
    return true
  } catch {
    return false
  }
}

let readsCycles: boolean | undefined

function canReadCycles(): boolean {
  const error = new Error('an error that is its own cause')
  error.cause = error
  try {
    deserialize(serialize(error))
    return true
  } catch {
    return false
  }
}

/**
 * Reads what {@link serializeStructured} wrote. Nothing in the result aliases `bytes`.
 *
 * @throws ERR_HATCHERY_BAD_ENCODING whatever the bytes are
 */
export function deserializeStructured(bytes: Uint8Array): unknown {
  try {
    return new StructuredReader(bytesOf(bytes)).readValue()
  } catch (cause) {
    throw badEncoding('structured value', cause)
  }
}
