import type { ItemStream } from './events.js'
import type { RunOptions, StreamOptions } from './options.js'

type AnyFunction = (...parameters: any[]) => unknown

type IsAny<T> = 0 extends 1 & T ? true : false

/** What is made of the items that `R` yields. */
type Streamed<R> =
  IsAny<R> extends true
    ? ItemStream<any>
    : R extends string
      ? never
      : R extends AsyncIterable<infer Item, infer Return> | Iterable<infer Item, infer Return>
        ? ItemStream<Awaited<Item>, Return>
        : never

/** The ways to call one export. */
interface Calls<F extends AnyFunction> {
  (...parameters: Parameters<F>): Promise<Awaited<ReturnType<F>>>
  /** Yields the items of what the function returns as they come. */
  stream(...parameters: Parameters<F>): Streamed<Awaited<ReturnType<F>>>
}

/** One export of the daemon's module as a function here. */
export type RemoteTask<F extends AnyFunction> = Calls<F> & {
  /** The same with options for its calls. */
  with(options: RunOptions): Calls<F>
}

/** The exports of the daemon's module as functions here: `client.tasks<typeof import('./worker.js')>()`. */
export type RemoteTasks<Module> = {
  readonly [Name in keyof Module as Module[Name] extends AnyFunction ? Name : never]: Module[Name] extends AnyFunction
    ? RemoteTask<Module[Name]>
    : never
}

/** Names that mean something to the language when they are read of any object. */
const RESERVED: ReadonlySet<string> = new Set(['then', 'toJSON', 'constructor', 'prototype'])

/** The object behind `client.tasks()`: every property is a function that runs a task of that name. */
export function makeRemoteTasks<Module>(
  run: (name: string, args: unknown[], options: RunOptions) => Promise<unknown>,
  stream: (name: string, args: unknown[], options: StreamOptions) => ItemStream<unknown>,
): RemoteTasks<Module> {
  const bind = (name: string, options: RunOptions) =>
    Object.assign((...args: unknown[]) => run(name, args, options), {
      stream: (...args: unknown[]) => stream(name, args, options),
    })
  return new Proxy(Object.create(null) as object, {
    get(_target, name) {
      // `then` must be missing, or awaiting the proxy would run a task.
      if (typeof name !== 'string' || RESERVED.has(name)) return undefined
      return Object.assign(bind(name, {}), { with: (options: RunOptions) => bind(name, options) })
    },
    set: () => false,
    defineProperty: () => false,
  }) as RemoteTasks<Module>
}
