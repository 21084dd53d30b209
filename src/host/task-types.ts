import type { TaskOptions, TaskStreamOptions } from './run-options.js'
import type { StreamSource } from './task-source.js'
import type { ItemIterator } from './task-stream.js'

/** Any function. */
type AnyFunction = (...parameters: any[]) => unknown

/** A promise for what `F` returns, with the promise of an async function taken off first. */
type ResultOf<F extends AnyFunction> = Promise<Awaited<ReturnType<F>>>

/**
 * `F` called from afar. An async function keeps its own type, and with it its overloads and type parameters. It is
 * told by what it returns, since a generic `<T>(value: T) => T` matches every function type that one compares it with.
 */
type Remote<F extends AnyFunction> = [ReturnType<F>] extends [Promise<unknown>]
  ? Arguments<F> extends Parameters<F>
    ? F
    : (...parameters: Arguments<F>) => ResultOf<F>
  : (...parameters: Arguments<F>) => ResultOf<F>

type IsAny<T> = 0 extends 1 & T ? true : false

/** Where a function takes an async iterable, its caller may give anything that can be sent as a stream. */
type Argument<P> = IsAny<P> extends true ? P : P extends AsyncIterable<infer Item> ? P | StreamSource<Item> : P

/** The arguments of `F` as its caller may give them. */
type Arguments<F extends AnyFunction> = EachArgument<Parameters<F>>
type EachArgument<List extends unknown[]> = { [Position in keyof List]: Argument<List[Position]> }

/** What a call returns, awaited: the stream itself for what makes streams. */
type Returned<F extends AnyFunction> = Awaited<ReturnType<F>>

/** Items and return value of what can be iterated. A string is a value. */
type Iterated<R> =
  IsAny<R> extends true
    ? ItemIterator<any>
    : R extends string
      ? never
      : R extends AsyncIterable<infer Item, infer Return>
        ? ItemIterator<Item, Return>
        : R extends Iterable<infer Item, infer Return>
          ? ItemIterator<Awaited<Item>, Return>
          : never

/** `F` called for the items of what it returns. */
type Streamed<F extends AnyFunction> = [Iterated<Returned<F>>] extends [never]
  ? unknown
  : {
      /** Yields the items of what the function returns as they come. Nothing runs before the first `next()`. */
      stream(...parameters: Arguments<F>): Iterated<Returned<F>>
    }

/** True for what can only be iterated: a generator, an async iterable, a ReadableStream. */
type IsStream<R> =
  IsAny<R> extends true
    ? false
    : [R] extends [never]
      ? false
      : [R] extends [AsyncIterable<unknown> | Iterator<unknown>]
        ? true
        : false

/** One exported generator as a task. */
export type StreamTask<F extends AnyFunction> = Streamed<F> & {
  /** The same task with options for its calls. */
  with(options: TaskStreamOptions): Streamed<F>
}

/** `F` called from afar, the calling thread blocked until the result is there. */
interface Synchronous<F extends AnyFunction> {
  /** Blocks until the result is there, as `pool.runSync()` does. */
  sync(...parameters: Parameters<F>): Awaited<ReturnType<F>>
}

/** One exported function as a task. */
export type Task<F extends AnyFunction> =
  IsStream<Returned<F>> extends true
    ? StreamTask<F>
    : Remote<F> &
        Synchronous<F> &
        Streamed<F> & {
          /** The same task with options for its calls. */
          with(options: TaskOptions): Remote<F> & Synchronous<F> & Streamed<F>
        }

/**
 * The exported functions of a worker module as tasks: `pool.tasks<typeof import('./worker.js')>()`. Exports that
 * are no functions are left out.
 */
export type Tasks<Module> = {
  readonly [Name in keyof Module as Module[Name] extends AnyFunction ? Name : never]: Module[Name] extends AnyFunction
    ? Task<Module[Name]>
    : never
}
