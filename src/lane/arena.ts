import { CLASS_RECORD, CLASS_RECORD_SIZE, HEADER } from './layout.js'

/** One size class: where its blocks are and which are free. */
interface SizeClass {
  readonly blockSize: number
  readonly blockCount: number
  /** First word of the bitmap; a set bit is a block in use. */
  readonly bitmap: number
  /** First word of the reference counts. */
  readonly references: number
  /** First byte of the blocks. */
  readonly blocks: number
}

/** No block is free that is large enough. */
export const NO_BLOCK = -1

/**
 * The blocks of a lane for payloads that do not fit a slot; the counterpart of crates/lane/src/arena. A block is
 * named `class << 24 | index`.
 */
export class Arena {
  readonly #words: Int32Array
  readonly #classes: readonly SizeClass[]

  constructor(words: Int32Array) {
    this.#words = words
    const count = words[HEADER.classCount >> 2]!
    this.#classes = Array.from({ length: count }, (_, at) => readClass(words, HEADER.classes + at * CLASS_RECORD_SIZE))
  }

  /** Takes a block of at least `length` bytes, with one reference; {@link NO_BLOCK} if there is none. */
  allocate(length: number): number {
    const classes = this.#classes
    for (let at = 0; at < classes.length; at++) {
      const size = classes[at]!
      if (size.blockSize < length) continue
      const index = this.#take(size)
      // As in Rust: if the fitting class is used up, only the next larger one is tried.
      if (index >= 0) return this.#claim(at, size, index)
      const larger = classes[at + 1]
      const other = larger === undefined ? NO_BLOCK : this.#take(larger)
      return other >= 0 ? this.#claim(at + 1, larger!, other) : NO_BLOCK
    }
    return NO_BLOCK
  }

  /** Drops the one reference to a block. */
  release(block: number): void {
    const size = this.#classes[block >>> 24]!
    const index = block & 0xff_ffff
    if (Atomics.sub(this.#words, size.references + index, 1) !== 1) return
    Atomics.and(this.#words, size.bitmap + (index >> 5), ~(1 << (index & 31)))
  }

  /** Byte offset of a block within the lane. */
  offsetOf(block: number): number {
    const size = this.#classes[block >>> 24]!
    return size.blocks + (block & 0xff_ffff) * size.blockSize
  }

  /** Bytes that a block holds. */
  capacityOf(block: number): number {
    return this.#classes[block >>> 24]!.blockSize
  }

  #claim(at: number, size: SizeClass, index: number): number {
    Atomics.store(this.#words, size.references + index, 1)
    return (at << 24) | index
  }

  /** Index of the first free block, now taken. */
  #take(size: SizeClass): number {
    const words = this.#words
    const { bitmap, blockCount } = size
    for (let base = 0; base < blockCount; base += 32) {
      const at = bitmap + (base >> 5)
      const missing = blockCount - base >= 32 ? 0 : -1 << (blockCount - base)
      let seen = words[at]!
      for (let free = ~(seen | missing); free !== 0; free = ~(seen | missing)) {
        const bit = free & -free
        const before = Atomics.compareExchange(words, at, seen, seen | bit)
        if (before === seen) return base + 31 - Math.clz32(bit)
        seen = before
      }
    }
    return NO_BLOCK
  }
}

function readClass(words: Int32Array, offset: number): SizeClass {
  const word = (at: number) => words[(offset + at) >> 2]!
  return {
    blockSize: word(CLASS_RECORD.blockSize),
    blockCount: word(CLASS_RECORD.blockCount),
    bitmap: word(CLASS_RECORD.bitmapOffset) >> 2,
    references: word(CLASS_RECORD.referenceOffset) >> 2,
    // Beyond 4 GiB no lane of ours goes: the low half is the offset.
    blocks: word(CLASS_RECORD.blocksOffset) >>> 0,
  }
}
