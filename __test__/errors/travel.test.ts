import { inspect } from 'node:util'
import { runInNewContext } from 'node:vm'
import test from 'ava'
import { decode, decodeError, encodeError, encodeLarge, HatcheryError } from '../helpers/internal.js'

/** As an error travels: taken apart, encoded, decoded, put together. */
function travel<T>(thrown: T): T {
  const message = encodeLarge(encodeError(thrown))
  return decodeError(decode(message, 0, message.length)) as T
}

class ValidationError extends TypeError {
  readonly field = 'width'
}
class NamedError extends Error {
  override readonly name = 'Custom'
}

for (const Type of [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]) {
  test(`${Type.name} comes back as itself`, (t) => {
    const error = new Type('what happened')
    const copy = travel(error)
    t.not(copy, error)
    t.is(copy.constructor, Type)
    t.is(copy.name, Type.name)
    t.is(copy.message, 'what happened')
    t.is(copy.stack, error.stack)
    t.deepEqual(Object.keys(copy), [])
  })
}

test('a class of the worker is an instance of its nearest built-in class, with its own name', (t) => {
  const copy = travel(new ValidationError('bad width'))
  t.true(copy instanceof TypeError)
  t.is(copy.name, 'ValidationError')
  t.is(copy.constructor.name, 'ValidationError')
  t.is(copy.field, 'width')
  t.regex(inspect(copy), /ValidationError|TypeError/)
  t.is(travel(new ValidationError('another')).constructor, copy.constructor)
})

test('a name of its own wins over the class name', (t) => {
  const copy = travel(new NamedError('x'))
  t.is(copy.name, 'Custom')
  t.is(copy.constructor.name, 'NamedError')
})

test('own properties come along; those that cannot be cloned are dropped', (t) => {
  const error = Object.assign(new Error('x'), {
    code: 'E_X',
    errno: -2,
    data: new Map([[1, { a: 1 }]]),
    callback: () => 1,
    symbol: Symbol('s'),
    nested: { f: () => 1 },
    inner: new RangeError('inner'),
  })
  Object.defineProperty(error, 'hidden', { value: 1, enumerable: false })
  Object.defineProperty(error, 'trap', {
    get() {
      throw new Error('trap')
    },
    enumerable: true,
  })
  const copy = travel(error)
  t.is(copy.code, 'E_X')
  t.is(copy.errno, -2)
  t.deepEqual(copy.data, error.data)
  t.false('callback' in copy || 'symbol' in copy || 'nested' in copy)
  t.true(copy.inner instanceof RangeError)
  t.false(Object.prototype.propertyIsEnumerable.call(copy, 'hidden'))
})

test('cause: errors, values, chains, cycles', (t) => {
  t.is(travel(new Error('x', { cause: 'why' })).cause, 'why')
  t.true('cause' in travel(new Error('x', { cause: undefined })))
  t.false('cause' in travel(new Error('x')))
  const chain = travel(new Error('a', { cause: new TypeError('b', { cause: new ValidationError('c') }) }))
  t.is(((chain.cause as Error).cause as Error).name, 'ValidationError')
  const error: Error = new Error('self')
  error.cause = error
  const copy = travel(error)
  t.is(copy.cause, copy)
})

test('a chain without end is cut and still arrives', (t) => {
  let error = new Error('bottom')
  for (let depth = 0; depth < 5000; depth++) error = new Error(`at ${depth}`, { cause: error })
  t.is(travel(error).message, 'at 4999')
})

test('AggregateError with its errors', (t) => {
  const copy = travel(new AggregateError([new TypeError('a'), 5], 'both'))
  t.true(copy instanceof AggregateError)
  t.is(copy.message, 'both')
  t.true(copy.errors[0] instanceof TypeError)
  t.is(copy.errors[1], 5)
})

test('DOMException', (t) => {
  const copy = travel(new DOMException('gone', 'AbortError'))
  t.true(copy instanceof DOMException)
  t.is(copy.name, 'AbortError')
  t.is(copy.message, 'gone')
  t.is(copy.code, 20)
})

test('HatcheryError keeps code, name and details', (t) => {
  const copy = travel(new HatcheryError('ERR_HATCHERY_TASK_TIMEOUT', 'too late', { timeout: 5, taskName: 'f' }))
  t.true(copy instanceof HatcheryError)
  t.is(copy.code, 'ERR_HATCHERY_TASK_TIMEOUT')
  t.is(copy.name, 'TimeoutError')
  t.is(copy.timeout, 5)
  t.is(copy.taskName, 'f')
})

for (const value of [42, -0, 'text', null, undefined, true, 5n, { a: [1] }, [1]]) {
  test(`what is thrown need not be an error: ${inspect(value)}`, (t) => {
    t.deepEqual(travel<unknown>(value), value)
    t.true(typeof value === 'object' || Object.is(travel(value), value))
  })
}

test('what is thrown and cannot be cloned arrives as text', (t) => {
  t.is(travel<unknown>(Symbol('s')), 'Symbol(s)')
  t.is(typeof travel<unknown>(() => 1), 'string')
})

test('an error of another realm', (t) => {
  const copy = travel(runInNewContext('Object.assign(new RangeError("far"), { x: 1 })') as RangeError & { x: number })
  t.true(copy instanceof RangeError)
  t.is(copy.message, 'far')
  t.is(copy.x, 1)
})

test('hostile errors do not make encodeError throw', (t) => {
  const error = new Error('x')
  // Some versions of Node make the text of the stack when it is first looked at, by way of these getters.
  t.is(typeof error.stack, 'string')
  for (const key of ['message', 'stack', 'name', 'cause', 'constructor']) {
    Object.defineProperty(error, key, {
      get() {
        throw new Error('no')
      },
      configurable: true,
    })
  }
  t.true(travel(error) instanceof Error)
  const proxy: unknown = new Proxy(new Error('p'), {
    get() {
      throw new Error('no')
    },
    getPrototypeOf() {
      throw new Error('no')
    },
  })
  t.notThrows(() => travel(proxy))
})

test('an own __proto__ of a hostile error is data', (t) => {
  const copy = decodeError({
    error: {
      base: 'Error',
      type: '',
      name: '',
      message: 'm',
      stack: 's',
      properties: [['__proto__', { value: { evil: 1 } }, true]],
    },
  }) as Error & { evil?: number }
  t.is(Object.getPrototypeOf(copy), Error.prototype)
  t.is(copy.evil, undefined)
})
