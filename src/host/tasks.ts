import type { Engine } from './engine.js'
import type { TaskOptions, TaskStreamOptions } from './run-options.js'
import type { ItemIterator } from './task-stream.js'
import type { Tasks } from './task-types.js'

/** Submits a call with a list of arguments. */
export type Call = (name: string, parameters: unknown[], options: TaskOptions | undefined) => Promise<unknown>

/**
 * The same, blocking until there is a result.
 *
 * @param caller the function that the user calls: what lies below it in the stack is the user's
 */
export type CallSync = (
  name: string,
  parameters: unknown[],
  options: TaskOptions | undefined,
  caller: CallableFunction,
) => unknown

/** Makes a stream of what such a call yields. */
export type CallStream = (
  name: string,
  parameters: unknown[],
  options: TaskStreamOptions | undefined,
) => ItemIterator<unknown>

/** Names that mean something to the language when they are read of any object. */
const RESERVED: ReadonlySet<string> = new Set(['then', 'toJSON', 'constructor', 'prototype'])

/** The object behind `pool.tasks()`. */
export function tasksOf<Module>(engine: Engine): Tasks<Module> {
  const { runner, streams, syncRunner } = engine
  const call: Call = (name, parameters, options) => {
    try {
      engine.checkOpen()
      return runner.call(name, parameters, options)
    } catch (error) {
      return Promise.reject(error)
    }
  }
  const stream: CallStream = (name, parameters, options) => streams.stream(parameters, { ...options, name })
  const callSync: CallSync = (...call) => {
    engine.checkOpen()
    return syncRunner.call(...call)
  }
  return makeTasks(call, stream, callSync)
}

/** An object of which every property is a function that submits a task of that name. */
export function makeTasks<Module>(call: Call, stream: CallStream, callSync: CallSync): Tasks<Module> {
  const made = new Map<string, unknown>()
  return new Proxy(Object.create(null) as object, {
    get(_target, name) {
      // `then` must be missing, or awaiting the proxy would submit a task.
      if (typeof name !== 'string' || RESERVED.has(name)) return undefined
      let task = made.get(name)
      if (task === undefined) {
        task = makeTask(call, stream, callSync, name)
        made.set(name, task)
      }
      return task
    },
    set: () => false,
    defineProperty: () => false,
  }) as Tasks<Module>
}

function makeTask(call: Call, stream: CallStream, callSync: CallSync, name: string): unknown {
  const bind = (options: TaskOptions | undefined) => {
    const sync = (...parameters: unknown[]) => callSync(name, parameters, options, sync)
    return Object.assign((...parameters: unknown[]) => call(name, parameters, options), {
      stream: (...parameters: unknown[]) => stream(name, parameters, options),
      sync,
    })
  }
  return Object.assign(bind(undefined), { with: bind })
}
