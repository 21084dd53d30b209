import { BlockList } from 'node:net'
import { runInNewContext } from 'node:vm'
import test from 'ava'
import { encode, HatcheryError } from '../helpers/internal.js'
import { roundTrip } from '../helpers/round-trip.js'

function refusal(value: unknown): HatcheryError {
  try {
    encode(value, Buffer.alloc(1024), 0)
  } catch (error) {
    if (error instanceof HatcheryError) return error
    throw error
  }
  throw new Error('was cloned')
}

function wasmModule(): unknown {
  return runInNewContext('new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0))')
}

const CASES: Record<string, [value: unknown, message: RegExp]> = {
  'a function': [function resize() {}, /the value is the function resize/],
  'an arrow function': [{ on: [() => 1] }, /value\.on\[0\] is /],
  'a symbol': [Symbol('s'), /the value is the symbol s/],
  'a symbol inside': [{ a: { 'b c': Symbol('s') } }, /value\.a\["b c"\] is the symbol s/],
  'a Promise': [{ result: Promise.resolve(1) }, /value\.result is a Promise/],
  'a WeakMap': [new WeakMap(), /WeakMap/],
  'a WeakSet': [[new WeakSet()], /value\[0\] is a WeakSet/],
  'a WeakRef': [new WeakRef({}), /cannot be cloned/],
  'a SharedArrayBuffer': [new SharedArrayBuffer(8), /SharedArrayBuffer/],
  'a view on a SharedArrayBuffer': [
    { v: new Uint8Array(new SharedArrayBuffer(8)) },
    /value\.v\.buffer is a SharedArrayBuffer/,
  ],
  'a Proxy': [new Proxy({}, {}), /Proxy/],
  'a Proxy inside': [{ p: new Proxy([], {}) }, /value\.p is a Proxy/],
  'a generator': [(function* () {})(), /generator/],
  'a MessagePort': [new MessageChannel().port1, /cannot be cloned/],
  'a module of WebAssembly': [wasmModule(), /the value is a WebAssembly\.Module \(send its bytes\)/],
  'a module of WebAssembly inside': [{ code: [1, wasmModule()], more: 1 }, /value\.code\[1\] is a WebAssembly\.Module/],
  'a module of WebAssembly in a Map': [
    new Map([[{ id: 1 }, new Set([wasmModule()])]]),
    /\.values\(\)\[0\] is a WebAss/,
  ],
  'a module of WebAssembly as a key': [new Map([[wasmModule(), 1]]), /value\.keys\(\)\[0\] is a WebAssembly/],
  'a module of WebAssembly behind an error': [
    [new Error('x', { cause: wasmModule() })],
    /value\[0\]\.cause is a WebAss/,
  ],
  'a URL': [new URL('http://localhost/'), /the value is a URL \(send its href\)/],
  'a URL inside': [{ from: new URL('http://localhost/'), more: 1 }, /value\.from is a URL/],
  'a class of one': [[new (class Link extends URL {})('http://localhost/')], /value\[0\] is a Link \(send its href\)/],
  Headers: [{ headers: new Headers({ a: '1' }) }, /value\.headers is a Headers \(send its entries/],
  'a FormData': [{ form: new FormData() }, /value\.form is a FormData/],
  'a Request': [[new Request('http://localhost/')], /value\[0\] is a Request \(send what you need/],
  'a Response': [[new Response('x')], /value\[0\] is a Response/],
  'an AbortSignal': [
    { signal: AbortSignal.abort() },
    /value\.signal is an AbortSignal \(give it as the option signal\)/,
  ],
  'an event': [[new Event('x')], /value\[0\] is an Event/],
  'a Blob': [new Blob(['x']), /the value is a Blob \(send its bytes/],
  'a Blob inside': [{ files: [{}, new Blob(['x'])] }, /value\.files\[1\] is a Blob/],
  'a web stream inside': [
    new Set([{ body: new ReadableStream() }]),
    /value\.values\(\)\[0\]\.body is a ReadableStream/,
  ],
  'a BlockList': [{ list: new BlockList() }, /value\.list is a BlockList/],
  'in a Map': [new Map([['k', () => 1]]), /value\.get\(k\)/],
  'past a cycle': [
    (() => {
      const value: unknown[] = []
      value.push(value, Symbol('end'))
      return value
    })(),
    /value\[1\]/,
  ],
}

for (const [name, [value, message]] of Object.entries(CASES)) {
  test(`refused with its path: ${name}`, (t) => {
    const error = refusal(value)
    t.is(error.code, 'ERR_HATCHERY_DATA_CLONE')
    t.regex(error.message, message)
    t.true(error.cause instanceof Error)
  })
}

test('a detached ArrayBuffer is refused', (t) => {
  const buffer = new ArrayBuffer(8)
  structuredClone(buffer, { transfer: [buffer] })
  t.is(refusal(buffer).code, 'ERR_HATCHERY_DATA_CLONE')
  t.is(refusal([buffer]).code, 'ERR_HATCHERY_DATA_CLONE')
})

test('instances of classes arrive as plain objects, be they related to what is refused or empty', (t) => {
  class Store extends EventTarget {
    items = [1]
  }
  class Secret {
    #x = 1
    get x() {
      return this.#x
    }
  }
  class Request {
    url = '/'
  }
  const value = [new Store(), new Secret(), new Request(), Object.create({ inherited: new URL('http://localhost/') })]
  t.deepEqual(roundTrip(value), [{ items: [1] }, {}, { url: '/' }, {}])
})

test('nothing is left behind by a refusal', (t) => {
  const target = Buffer.alloc(100)
  const shared = { a: 1 }
  t.throws(() => encode([shared, () => 1], target, 0))
  t.true(encode([shared], target, 0) > 0)
})
