import type { TaskOptions } from './run-options.js'

/** Any function. */
type AnyFunction = (...parameters: any[]) => unknown

/** A promise for what `F` returns, with the promise of an async function taken off first. */
type ResultOf<F extends AnyFunction> = Promise<Awaited<ReturnType<F>>>

/**
 * `F` called from afar. An async function keeps its own type, and with it its overloads and type parameters. It is
 * told by what it returns, since a generic `<T>(value: T) => T` matches every function type that one compares it with.
 */
type Remote<F extends AnyFunction> = [ReturnType<F>] extends [Promise<unknown>]
  ? F
  : (...parameters: Parameters<F>) => ResultOf<F>

/** `F` called from afar, the calling thread blocked until the result is there. */
interface Synchronous<F extends AnyFunction> {
  /** Blocks until the result is there, as `pool.runSync()` does. */
  sync(...parameters: Parameters<F>): Awaited<ReturnType<F>>
}

/** One exported function as a task. */
export type Task<F extends AnyFunction> = Remote<F> &
  Synchronous<F> & {
    /** The same task with options for its calls. */
    with(options: TaskOptions): Remote<F> & Synchronous<F>
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
