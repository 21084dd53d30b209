/** What has happened to pool and workers lately, in words. */
import type { DashboardEvents } from '../api/dashboard.js'
import { byId, element, setText } from './dom.js'
import { ago, span } from './format.js'

const KEPT = 50

type Info = Readonly<Record<string, any>>

/** By type: what it says; undefined: not worth a line. */
const WORDS: Readonly<Record<string, (info: Info) => string | undefined>> = {
  'worker-started': ({ workerId, pid }) => `Worker #${workerId} started, pid ${pid}`,
  'worker-exited': ({ workerId, signal, exitCode, crashed }) =>
    `Worker #${workerId} ${crashed ? 'died' : 'left'}${signal ? `: ${signal}` : exitCode ? `: exit code ${exitCode}` : ''}`,
  'worker-health': ({ workerId, health }) =>
    health === 'blocked' || health === 'stopped' ? `Worker #${workerId} is ${health}` : undefined,
  'worker-recycled': ({ workerId, reason }) => `Worker #${workerId} is replaced${reason ? `: ${reason}` : ''}`,
  scale: ({ from, to, workers, reason }) =>
    `${from !== undefined && to !== undefined ? `From ${from} to ${to} workers` : `${workers ?? 'Other number of'} workers`}${reason ? `: ${reason}` : ''}`,
  reload: ({ milliseconds }) => `New code is loaded${milliseconds ? `, in ${span(milliseconds)}` : ''}`,
  quiet: () => 'Quiet: no tasks are taken',
  resumed: () => 'Tasks are taken again',
  stopping: ({ pending }) => `Stopping, tasks to go: ${pending}`,
  reconfigured: () => 'The configuration was read anew',
  warning: ({ message }) => `Warning: ${message}`,
  failed: ({ error }) => `The pool has failed: ${error?.message}`,
}

export class Activity {
  readonly #list = byId('activity')
  #entries: { readonly at: number; readonly when: HTMLElement; readonly line: HTMLElement }[] = []

  constructor() {
    this.#list.append(element('li', { class: 'note' }, 'Nothing since this page was opened.'))
  }

  add({ type, time, ...info }: DashboardEvents['event'], now: number): void {
    this.say(WORDS[type]?.(info), Date.parse(time))
    this.tick(now)
  }

  /** A line of the page's own. */
  say(words: string | undefined, at: number): void {
    if (words === undefined) return
    if (this.#entries.length === 0) this.#list.replaceChildren()
    const when = element('span', { class: 'note' })
    const line = element('li', {}, when, element('span', {}, words))
    this.#list.prepend(line)
    this.#entries.unshift({ at, when, line })
    for (const { line } of this.#entries.splice(KEPT)) line.remove()
  }

  tick(now: number): void {
    for (const { at, when } of this.#entries) setText(when, ago(now - at))
  }
}
