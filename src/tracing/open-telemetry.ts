import { createRequire } from 'node:module'
import { join } from 'node:path'
import process, { argv, cwd } from 'node:process'
import { packageRoot } from '../native/package-root.js'

/** `@opentelemetry/api`, as far as the types of an optional package may be used. */
export type OpenTelemetry = typeof import('@opentelemetry/api')

/** Where every copy of `@opentelemetry/api` 1.x keeps what has been registered. */
const REGISTRY = Symbol.for('opentelemetry.js.api.1')

interface Registry {
  readonly trace?: unknown
}

let loaded: OpenTelemetry | undefined
let failed = false

/**
 * Whether a TracerProvider is registered in this process, as an SDK does when it starts. Costs 20 ns if none is: once a
 * batch is enough.
 */
export function isTracing(): boolean {
  return (globalThis as { [REGISTRY]?: Registry })[REGISTRY]?.trace !== undefined
}

/** The API, if an SDK is registered: nobody else loads it. */
export function openTelemetry(): OpenTelemetry | undefined {
  if (!isTracing()) return undefined
  if (loaded === undefined && !failed) {
    loaded = loadOpenTelemetry()
    failed = loaded === undefined
    if (failed) warn()
  }
  return loaded
}

/** The API, from this package's place or that of the program; undefined if it is in neither. */
export function loadOpenTelemetry(): OpenTelemetry | undefined {
  for (const place of [join(packageRoot(), 'package.json'), argv[1], join(cwd(), 'package.json')]) {
    if (place === undefined) continue
    try {
      const api = createRequire(place)('@opentelemetry/api') as OpenTelemetry
      // A copy that is too old or too new for what was registered sees nothing of it.
      if (!isTracing() || api.trace.getTracerProvider() === registered()) return api
    } catch {
      // The next place.
    }
  }
  return undefined
}

function registered(): unknown {
  return (globalThis as { [REGISTRY]?: Registry })[REGISTRY]?.trace
}

function warn(): void {
  process.emitWarning(
    'An OpenTelemetry SDK is registered, but hatchery finds no @opentelemetry/api that goes with it: tasks are not traced. ' +
      'Install @opentelemetry/api beside hatchery, or say tracing: false.',
    'HatcheryWarning',
  )
}
