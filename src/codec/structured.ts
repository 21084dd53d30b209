import { Deserializer, Serializer } from 'node:v8'
import { mayMention, mention } from '../segments/mentions.js'
import { badEncoding } from './bad-encoding.js'
import { bytesOf, copyToBuffer } from './bytes.js'
import { holdsLost } from './lost-search.js'
import { kindOf, viewSegment } from './segment.js'
import { elementSize, viewConstructor, viewKind } from './views.js'

/** Host objects on the wire: a Buffer with its bytes, or a view on an ArrayBuffer that is a value of its own. */
const HOST_BUFFER = 0
const HOST_VIEW = 1
/** A view on a segment. */
const HOST_SEGMENT = 2

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

  constructor(hostViews: boolean) {
    super()
    this._setTreatArrayBufferViewsAsHostObjects(hostViews)
    this.writeHeader()
  }

  /** True if the value must be written again by V8 alone: only V8 knows which views track a resizable buffer. */
  get wantsNativeViews(): boolean {
    return this.#resizable && !this.#buffers
  }

  _writeHostObject(object: unknown): void {
    if (!ArrayBuffer.isView(object))
      throw new TypeError(`${Object.prototype.toString.call(object)} could not be cloned.`)
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

class StructuredReader extends Deserializer {
  constructor(bytes: Uint8Array) {
    super(bytes)
    this.readHeader()
  }

  _readHostObject(): unknown {
    const shape = this.readUint32()
    if (shape === HOST_BUFFER) {
      const length = this.readUint32()
      return copyToBuffer(this.readRawBytes(length), 0, length)
    }
    if (shape === HOST_SEGMENT) {
      return viewSegment(this.readUint32(), this.readUint32(), this.readDouble(), this.readDouble())
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
  const bytes = write(value)
  if (holdsLost(value, bytes.length))
    throw new TypeError('An object whose content no clone can carry could not be cloned.')
  return bytes
}

function write(value: unknown): Uint8Array {
  const writer = new StructuredWriter(true)
  writer.writeValue(value)
  if (!writer.wantsNativeViews) return writer.releaseBuffer()
  const native = new StructuredWriter(false)
  native.writeValue(value)
  return native.releaseBuffer()
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
