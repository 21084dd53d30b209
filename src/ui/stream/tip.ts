/** What is told of a task where the pointer is. */
import type { TaskBar } from '../../api/dashboard.js'
import { byId, element } from '../dom.js'
import { span } from '../format.js'
import { MARKED } from './paint.js'

export class Tip {
  readonly #tip = byId('tip')
  /** The same, to be read aloud. */
  text = ''

  /** @param now by the clock of the bar */
  show(bar: TaskBar, x: number, y: number, now: number): void {
    const facts: [string, string][] = [
      ['outcome', MARKED[bar.outcome] ?? bar.outcome],
      ['waited', span(bar.wait)],
      ['ran', span(Math.max(0, (bar.end ?? now) - bar.start))],
      ['worker', `#${bar.workerId}`],
    ]
    if (bar.attempt > 1) facts.push(['attempt', String(bar.attempt)])
    if (bar.priority !== 'normal') facts.push(['priority', bar.priority])
    if (bar.id !== undefined) facts.push(['id', bar.id])
    if (bar.error !== undefined) facts.push(['error', bar.error])
    this.text = `${bar.name}: ${facts.map((fact) => fact.join(' ')).join(', ')}`
    const list = facts.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)])
    this.#tip.replaceChildren(element('b', {}, bar.name), element('dl', {}, ...list))
    this.#tip.hidden = false
    const { offsetWidth: width, offsetHeight: height } = this.#tip
    this.#tip.style.left = `${Math.max(4, Math.min(x + 12, innerWidth - width - 4))}px`
    this.#tip.style.top = `${y + 16 + height > innerHeight ? Math.max(4, y - height - 12) : y + 16}px`
  }

  hide(): void {
    this.#tip.hidden = true
  }
}
