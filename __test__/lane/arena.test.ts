/** Blocks of the arena, allocated by JavaScript. */
import test from 'ava'
import { Arena, NO_BLOCK } from '../../src/lane/arena.js'
import { CLASS_RECORD, CLASS_RECORD_SIZE, HEADER } from '../../src/lane/layout.js'

/** An arena with the given classes in memory of its own. */
function makeArena(classes: readonly { size: number; count: number }[]): { arena: Arena; words: Int32Array } {
  const words = new Int32Array(256 * 1024)
  let next = 4096
  const take = (bytes: number) => {
    const offset = next
    next += Math.ceil(bytes / 64) * 64
    return offset
  }
  words[HEADER.classCount >> 2] = classes.length
  for (const [at, { size, count }] of classes.entries()) {
    const set = (field: keyof typeof CLASS_RECORD, value: number) => {
      words[(HEADER.classes + at * CLASS_RECORD_SIZE + CLASS_RECORD[field]) >> 2] = value
    }
    set('blockSize', size)
    set('blockCount', count)
    set('bitmapOffset', take(Math.ceil(count / 32) * 4))
    set('referenceOffset', take(count * 4))
    set('blocksOffset', take(size * count))
  }
  return { arena: new Arena(words), words }
}

test('gives out each block once, then none', (t) => {
  const { arena } = makeArena([{ size: 128, count: 70 }])
  const blocks = Array.from({ length: 70 }, () => arena.allocate(100))
  t.is(new Set(blocks).size, 70)
  t.false(blocks.includes(NO_BLOCK))
  t.is(arena.allocate(1), NO_BLOCK)
  const offsets = blocks.map((block) => arena.offsetOf(block)).sort((left, right) => left - right)
  for (let at = 1; at < offsets.length; at++) t.is(offsets[at]! - offsets[at - 1]!, 128, 'blocks do not overlap')
})

test('a block given back is given out again', (t) => {
  const { arena, words } = makeArena([{ size: 128, count: 33 }])
  const blocks = Array.from({ length: 33 }, () => arena.allocate(128))
  arena.release(blocks[32]!)
  arena.release(blocks[5]!)
  t.is(arena.allocate(1), blocks[5]!, 'the lowest first')
  t.is(arena.allocate(1), blocks[32]!)
  for (const block of blocks) arena.release(block)
  const bitmap = words[(HEADER.classes + CLASS_RECORD.bitmapOffset) >> 2]!
  t.deepEqual([...words.subarray(bitmap >> 2, (bitmap >> 2) + 2)], [0, 0])
})

test('takes the smallest class that fits, or the next one if that is used up, and no other', (t) => {
  const { arena } = makeArena([
    { size: 64, count: 1 },
    { size: 256, count: 1 },
    { size: 1024, count: 1 },
  ])
  t.is(arena.allocate(1025), NO_BLOCK)
  t.is(arena.capacityOf(arena.allocate(64)), 64)
  t.is(arena.capacityOf(arena.allocate(64)), 256)
  t.is(arena.allocate(64), NO_BLOCK)
  t.is(arena.capacityOf(arena.allocate(200)), 1024)
})

test('a lane may have no arena', (t) => {
  t.is(makeArena([]).arena.allocate(1), NO_BLOCK)
})
