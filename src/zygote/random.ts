import type { ProcessBinding } from '../native/types.js'

/** State of the generator: three words of state and a counter (sfc32, "small fast chaotic"). */
let a = 0
let b = 0
let c = 0
let counter = 1
/** The state is none of this process. */
let stale = true

/** 32 bits. */
function next(): number {
  const sum = (((a + b) | 0) + counter) | 0
  counter = (counter + 1) | 0
  a = b ^ (b >>> 9)
  b = (c + (c << 3)) | 0
  c = (((c << 21) | (c >>> 11)) + sum) | 0
  return sum
}

/** Takes a new seed from the kernel. Not from `node:crypto`, whose own generators a fork has to seed anew first. */
function reseed(native: Pick<ProcessBinding, 'randomWord'>): void {
  stale = false
  a = native.randomWord() | 0
  b = native.randomWord() | 0
  c = native.randomWord() | 0
  counter = 1
  // As its author says: the seed is mixed after a dozen rounds.
  for (let round = 0; round < 12; round++) next()
}

/** In a fork: it takes a seed of its own when it draws first. */
export function forgetSeed(): void {
  stale = true
}

/**
 * Puts a generator of ours in the place of `Math.random`, whose state every fork would share and nothing can reseed.
 * To be called before any module can keep a reference to the old one.
 */
export function replaceMathRandom(native: Pick<ProcessBinding, 'randomWord'>): void {
  // The name and length of the original; a method has no prototype property, as it has none.
  const { random } = {
    random(): number {
      if (stale) reseed(native)
      // 53 bits: 27 above, 26 below.
      return ((next() >>> 5) * 0x400_0000 + (next() >>> 6)) / 0x20_0000_0000_0000
    },
  }
  Object.defineProperty(Math, 'random', { value: random, writable: true, enumerable: false, configurable: true })
}
