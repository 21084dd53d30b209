/** The latest deaths of workers, with what they wrote last. */
import type { CrashInfo } from '../api/types.js'
import { byId, element, setText } from './dom.js'
import { ago } from './format.js'

export class CrashList {
  readonly #list = byId('crashes')
  readonly #shown = new Map<
    string,
    { readonly entry: HTMLDetailsElement; readonly when: HTMLElement; readonly at: number }
  >()

  constructor() {
    this.update([], 0)
  }

  /** @param now by the daemon's clock */
  update(crashes: readonly CrashInfo[], now: number): void {
    const keys = new Set(crashes.map(keyOf))
    for (const [key, { entry }] of this.#shown) {
      if (keys.has(key)) continue
      entry.remove()
      this.#shown.delete(key)
    }
    for (const crash of crashes) {
      const key = keyOf(crash)
      if (this.#shown.has(key)) continue
      const when = element('span', { class: 'note' })
      // The latest one is open.
      for (const { entry } of this.#shown.values()) entry.open = false
      const entry = describe(crash, when)
      this.#list.prepend(entry)
      this.#shown.set(key, { entry, when, at: Date.parse(crash.at) })
    }
    if (crashes.length === 0)
      this.#list.replaceChildren(element('p', { class: 'empty' }, 'No worker has died unasked.'))
    else this.#list.querySelector('.empty')?.remove()
    setText(byId('crashes-note'), crashes.length === 0 ? '' : `the last ${crashes.length}`)
    this.tick(now)
  }

  /** Time has passed. */
  tick(now: number): void {
    for (const { when, at } of this.#shown.values()) setText(when, ago(now - at))
  }
}

function keyOf({ at, workerId }: CrashInfo): string {
  return `${workerId} ${at}`
}

function describe(crash: CrashInfo, when: HTMLElement): HTMLDetailsElement {
  const { workerId, pid, signal, exitCode, taskName, taskId, message, code, stderr } = crash
  const how = signal ?? (exitCode === undefined ? 'died' : `exit code ${exitCode}`)
  const where = taskName === undefined ? '' : ` in ${taskName}`
  const facts = [`pid ${pid}`, taskId === undefined ? '' : `task ${taskId}`, code ?? ''].filter((fact) => fact !== '')
  return element(
    'details',
    { class: 'crash', open: true },
    element('summary', {}, when, `Worker #${workerId} `, element('span', { class: 'why' }, how), where),
    element(
      'div',
      {},
      element('p', {}, message),
      element('p', { class: 'note' }, facts.join(' · ')),
      stderr === undefined
        ? element('p', { class: 'note' }, 'It wrote nothing to its standard error.')
        : element('pre', { tabindex: 0, 'aria-label': 'The end of its standard error' }, stderr),
    ),
  )
}
