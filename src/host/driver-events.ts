import { emitWarning, nextTick } from 'node:process'
import { crashInfo } from './crashes.js'
import type { Engine } from './engine.js'
import { type Failure, failureToError } from './failure.js'
import { outputLines } from './output.js'
import { exitInfo, healthInfo, readyInfo, recycleInfo, scaleInfo, warningInfo, workerInfo } from './pool-events.js'
import type { ResolvedPoolOptions } from './pool-options.js'
import { withCause } from './recovery.js'
import type { PoolEventRecord } from './settlement.js'
import { shareOptions } from './shared-options.js'
import { workerBusy, workerIdle, workerReady } from './tracing/channels.js'

/** What the driver says of the pool, beside what becomes of tasks. */
export class DriverEvents {
  readonly #engine: Engine

  constructor(engine: Engine) {
    this.#engine = engine
  }

  take(event: PoolEventRecord): void {
    const { face, sizing, reloading, options } = this.#engine
    switch (event.type) {
      case 'ready':
        return this.#onReady()
      case 'launcher-ready':
        // With no minimum there may never be a worker to wait for.
        if (options.minWorkers === 0) this.#onReady()
        return
      case 'worker-started':
        return face.emitLater('workerStarted', workerInfo(event))
      case 'worker-ready':
        return face.publishLater(workerReady, readyInfo(event))
      case 'worker-busy':
        return face.publishLater(workerBusy, workerInfo(event))
      case 'worker-idle':
        return face.publishLater(workerIdle, workerInfo(event))
      case 'worker-health':
        return face.emitLater('workerHealth', healthInfo(event))
      case 'worker-exited':
        return this.#onExited(event)
      case 'output':
        return this.#onOutput(event)
      case 'log':
        return this.#engine.log?.take(event)
      case 'recycle':
        return face.emitLater('recycle', recycleInfo(event))
      case 'scale':
        return face.emitLater('scale', scaleInfo(event))
      case 'options':
        return this.#engine.changeOptions(event['changes'] as Partial<ResolvedPoolOptions>)
      case 'resized':
        return sizing.reached(Number(event['number']))
      case 'reloaded':
        return this.#onReloaded(Number(event['generation']), event['restart'] === true)
      case 'reload-failed':
        return reloading.fail(failureToError(event))
      case 'start-method':
      case 'warning':
      case 'zygote':
        return this.#onWarning(event)
      case 'failed':
        return this.#onFailed(event)
      case 'closed':
        return this.#onClosed()
    }
  }

  #onReady(): void {
    const { lifecycle, liveness, face } = this.#engine
    if (!lifecycle.isStarting) return
    lifecycle.becomeReady()
    liveness.release()
    face.emitLater('ready')
  }

  #onExited(event: PoolEventRecord): void {
    const { face, crashes, functions } = this.#engine
    const exit = exitInfo(event)
    if (event['crash'] === undefined) return face.emitLater('workerExited', exit)
    const crash = crashInfo(exit, event['crash'] as Failure, (id) => functions.nameOf(id))
    crashes.add(crash)
    face.emitLater('workerExited', { ...exit, crash })
  }

  #onOutput(event: PoolEventRecord): void {
    const { face, log, functions } = this.#engine
    const heard = face.isHeard('output')
    if (!heard && log === undefined) return
    for (const output of outputLines(event, (id) => functions.nameOf(id))) {
      if (heard) face.emitLater('output', output)
      log?.print(output)
    }
  }

  /** @param restart it was the pool's own doing: a reload that has been asked for since is still to come */
  #onReloaded(generation: number, restart: boolean): void {
    const engine = this.#engine
    // Others may have changed meanwhile, by a resize.
    if (!restart) engine.changeOptions(engine.reloading.succeed())
    shareOptions(engine.native, 'code', engine.options)
    engine.quarantine.moduleChanged(generation, engine.options.filename)
    engine.face.emitLater('reload', { generation })
  }

  #onWarning(event: PoolEventRecord): void {
    const warning = warningInfo(event)
    if (warning !== undefined) this.#engine.face.warnLater(warning)
  }

  #onFailed(event: PoolEventRecord): void {
    const engine = this.#engine
    const { lifecycle, liveness, pending, face } = engine
    const error = withCause(failureToError(event), engine.recovery.shutdownCause)
    const starting = lifecycle.isStarting
    if (!lifecycle.fail(error)) return
    if (starting) liveness.release()
    engine.reloading.fail(error)
    const heard = lifecycle.watched || pending.size > 0 || face.isHeard('error')
    engine.submission.discard()
    pending.rejectAll(error)
    engine.sizing.end(error)
    engine.onIdle()
    face.emitLater('error', error)
    // A pool must not fail in silence.
    if (!heard) emitWarning(error)
    nextTick(() => void engine.destroy())
  }

  #onClosed(): void {
    const { lifecycle, liveness, pending, sizing, reloading, face, ignoreSignals } = this.#engine
    liveness.end()
    pending.rejectAll(lifecycle.cutOff())
    sizing.end(lifecycle.refusal())
    reloading.fail(lifecycle.refusal())
    ignoreSignals()
    lifecycle.becomeClosed()
    face.emitLater('close')
  }
}
