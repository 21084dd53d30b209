import { stat } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { ZygoteBinding } from '../native/types.js'
import { collectGarbage } from './garbage.js'
import { loadedCrypto } from './loaded-crypto.js'

/** Node's types know the namespace but not the value. */
declare const WebAssembly: {
  instantiate(bytes: Uint8Array): Promise<{ instance: { exports: Record<string, () => unknown> } }>
}

/** `(module (func (export "f") (result i32) i32.const 42))` */
// biome-ignore format: bytes read better in lines than in a column
const WASM = Uint8Array.of(
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 127, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 6, 1, 4, 0, 65, 42, 11,
)

/** Uses, in a forked child, whatever a fork of Node may break. Hanging is a result too: the zygote has a limit. */
export async function proveFork(native: Pick<ZygoteBinding, 'collectGarbage'>): Promise<boolean> {
  const results = await Promise.all([timersWork(), poolWorks(), webAssemblyWorks(), importWorks()])
  collectGarbage(native)
  return results.every(Boolean) && jitWorks()
}

async function timersWork(): Promise<boolean> {
  await sleep(1)
  return true
}

/** Files and cryptography use libuv's threads, which a fork has none of until it makes new ones. */
async function poolWorks(): Promise<boolean> {
  const crypto = loadedCrypto()
  const [info, key] = await Promise.all([
    promisify(stat)('/proc/self'),
    crypto && promisify(crypto.pbkdf2)('a', 'b', 1, 8, 'sha256'),
  ])
  return info.isDirectory() && (key === undefined || key.length === 8)
}

async function webAssemblyWorks(): Promise<boolean> {
  const { instance } = await WebAssembly.instantiate(WASM)
  return instance.exports['f']!() === 42
}

/** Loaders that live in a thread (`module.register`) do not survive the fork, and whatever asks them hangs. */
async function importWorks(): Promise<boolean> {
  const url: string = 'data:text/javascript,export default 42'
  return ((await import(url)) as { default: number }).default === 42
}

/** Long enough for the optimizing compilers. */
function jitWorks(): boolean {
  let sum = 0
  for (let round = 0; round < 100_000; round++) sum = (sum + round * 3) | 0
  return sum !== 0
}
