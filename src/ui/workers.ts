/** The table of workers. */
import type { WorkerStats } from '../host/stats.js'
import { byId, element, setText } from './dom.js'
import { age, bytes, count, percent, span } from './format.js'

/** Rates are over so many milliseconds, about. */
const STRETCH = 4000

/** A worker, and what it did lately. */
interface Row extends WorkerStats {
  readonly busy: number
  readonly load: number | undefined
}

interface Column {
  readonly title: string
  readonly hint?: string
  readonly number?: boolean
  /** What it is sorted by. */
  readonly key: (row: Row) => number | string
  readonly show: (row: Row, cell: HTMLTableCellElement) => void
}

interface Look {
  readonly at: number
  readonly busy: number
  readonly cpu: number | undefined
}

const text = (of: (row: Row) => string) => (row: Row, cell: HTMLTableCellElement) => setText(cell, of(row))

export class WorkerTable {
  readonly #table = byId<HTMLTableElement>('workers')
  readonly #body = element('tbody')
  readonly #rows = new Map<number, HTMLTableRowElement>()
  readonly #looks = new Map<number, Look[]>()
  readonly #columns: readonly Column[]
  #headers: HTMLTableCellElement[] = []
  #sorted = 0
  #descending = false
  #workers: readonly Row[] = []

  /** @param restart called with the worker that is to be replaced */
  constructor(restart: (worker: WorkerStats) => void) {
    this.#columns = [
      { title: 'Worker', number: true, key: ({ id }) => id, show: text(({ id }) => `#${id}`) },
      { title: 'PID', number: true, key: ({ pid }) => pid, show: text(({ pid }) => (pid === 0 ? '–' : String(pid))) },
      { title: 'State', key: stateOf, show: showState },
      {
        title: 'Task',
        hint: 'What it runs, and for how long',
        key: ({ tasks }) => tasks[0]?.name ?? '',
        show: showTask,
      },
      {
        title: 'Done',
        hint: 'Tasks it has ended',
        number: true,
        key: ({ completed }) => completed,
        show: text(({ completed }) => count(completed)),
      },
      {
        title: 'Busy',
        hint: 'Share of the last seconds that it spent in tasks',
        key: ({ busy }) => busy,
        show: showBusy,
      },
      {
        title: 'CPU',
        hint: 'Processor time in the last seconds',
        number: true,
        key: ({ load }) => load ?? -1,
        show: text(({ load }) => (load === undefined ? '–' : percent(load))),
      },
      {
        title: 'Memory',
        hint: 'Resident, what it shares included',
        number: true,
        key: ({ rss }) => rss ?? -1,
        show: text(({ rss }) => (rss === undefined ? '–' : bytes(rss))),
      },
      { title: 'Age', number: true, key: (row) => row.age, show: text((row) => age(row.age)) },
      {
        title: 'Restarts',
        hint: 'Workers that had its place before',
        number: true,
        key: ({ restarts }) => restarts,
        show: showRestarts,
      },
      {
        title: '',
        key: ({ id }) => id,
        show: (row, cell) => {
          const button = cell.querySelector('button') ?? cell.appendChild(this.#makeButton(row.id, restart))
          button.disabled = row.leaving || row.state !== 'running'
        },
      },
    ]
    this.#table.append(this.#makeHead(), this.#body)
  }

  update(workers: readonly WorkerStats[]): void {
    this.#workers = workers.map((worker) => ({ ...worker, ...this.#lately(worker) }))
    for (const [id, row] of this.#rows) {
      if (workers.some((worker) => worker.id === id)) continue
      row.remove()
      this.#rows.delete(id)
      this.#looks.delete(id)
    }
    for (const worker of this.#workers) this.#show(worker)
    this.#order()
    const spare = workers.filter((worker) => worker.spare).length
    const busy = this.#workers.filter((worker) => stateOf(worker) === 'busy').length
    setText(byId('workers-note'), `${workers.length - spare}, ${busy} busy${spare > 0 ? `, ${spare} spare` : ''}`)
  }

  #lately(worker: WorkerStats): Pick<Row, 'busy' | 'load'> {
    const now = { at: worker.age, busy: worker.age * worker.utilization, cpu: worker.cpu }
    const looks = this.#looks.get(worker.id) ?? []
    this.#looks.set(worker.id, looks)
    looks.push(now)
    while (looks.length > 2 && looks[1]!.at < now.at - STRETCH) looks.shift()
    const first = looks[0]!
    const passed = now.at - first.at
    if (passed <= 0) return { busy: worker.utilization, load: undefined }
    const load = now.cpu === undefined || first.cpu === undefined ? undefined : ((now.cpu - first.cpu) * 1000) / passed
    return { busy: Math.min(1, Math.max(0, (now.busy - first.busy) / passed)), load }
  }

  #makeHead(): HTMLTableSectionElement {
    this.#headers = this.#columns.map(({ title, hint, number }, index) => {
      const className = number ? 'number' : undefined
      if (title === '') return element('th', { scope: 'col' }, element('span', { class: 'unseen' }, 'Actions'))
      const button = element('button', { type: 'button', title: hint, onclick: () => this.#sort(index) }, title)
      return element('th', { scope: 'col', class: className, 'aria-sort': index === 0 ? 'ascending' : 'none' }, button)
    })
    return element('thead', {}, element('tr', {}, ...this.#headers))
  }

  #makeButton(id: number, restart: (worker: WorkerStats) => void): HTMLButtonElement {
    const click = () => {
      const worker = this.#workers.find((row) => row.id === id)
      if (worker !== undefined) restart(worker)
    }
    return element(
      'button',
      { class: 'small', type: 'button', onclick: click, 'aria-label': `Restart worker ${id}` },
      'Restart',
    )
  }

  #sort(column: number): void {
    // Numbers are looked at from the top first.
    this.#descending = this.#sorted === column ? !this.#descending : this.#columns[column]!.number === true
    this.#sorted = column
    for (const [index, header] of this.#headers.entries()) {
      if (!header.hasAttribute('aria-sort')) continue
      header.setAttribute('aria-sort', index !== column ? 'none' : this.#descending ? 'descending' : 'ascending')
    }
    this.#order()
  }

  #order(): void {
    const { key } = this.#columns[this.#sorted]!
    const sign = this.#descending ? -1 : 1
    const sorted = [...this.#workers].sort((one, other) => sign * compare(key(one), key(other)) || one.id - other.id)
    for (const [index, { id }] of sorted.entries()) {
      const row = this.#rows.get(id)!
      // Moved only if need be: what is moved loses the focus.
      if (this.#body.children[index] !== row) this.#body.insertBefore(row, this.#body.children[index] ?? null)
    }
  }

  #show(worker: Row): void {
    let row = this.#rows.get(worker.id)
    if (row === undefined) {
      const cells = this.#columns.map(({ number, title }) =>
        element('td', { class: number ? 'number' : title === 'Task' ? 'task' : undefined }),
      )
      row = element('tr', { 'data-worker': worker.id }, ...cells)
      this.#rows.set(worker.id, row)
      this.#body.append(row)
    }
    for (const [index, column] of this.#columns.entries()) column.show(worker, row.cells[index]!)
  }
}

function compare(one: number | string, other: number | string): number {
  return one < other ? -1 : one > other ? 1 : 0
}

function stateOf({ state, health, leaving, spare, inFlight }: Row): string {
  if (state !== 'running') return state === 'created' ? 'starting' : state
  if (leaving) return 'leaving'
  if (health === 'blocked' || health === 'stopped') return health
  if (spare) return 'spare'
  return inFlight > 0 ? 'busy' : 'idle'
}

function showState(row: Row, cell: HTMLTableCellElement): void {
  const state = stateOf(row)
  const label = cell.querySelector('span') ?? cell.appendChild(element('span', { class: 'state' }))
  label.dataset['state'] = state
  setText(label, state)
}

function showTask({ tasks, inFlight }: Row, cell: HTMLTableCellElement): void {
  const [first, ...more] = tasks
  const name = first?.name ?? (inFlight > 0 ? '…' : '–')
  const beside = first === undefined ? '' : ` ${span(first.duration)}${more.length > 0 ? `, ${more.length} more` : ''}`
  if (cell.childElementCount === 0) cell.append(element('b', {}), element('span', {}))
  const [label, detail] = [cell.firstElementChild!, cell.lastElementChild!]
  setText(label, name)
  setText(detail, beside)
  cell.title = first?.id === undefined ? '' : `id ${first.id}`
}

function showBusy({ id, busy }: Row, cell: HTMLTableCellElement): void {
  if (cell.childElementCount === 0) {
    cell.append(element('meter', { min: 0, max: 1, 'aria-label': `Worker ${id} busy` }), element('span', {}))
  }
  ;(cell.firstElementChild as HTMLMeterElement).value = busy
  setText(cell.lastElementChild!, percent(busy))
}

function showRestarts({ restarts, restartReasons }: Row, cell: HTMLTableCellElement): void {
  setText(cell, String(restarts))
  cell.title = Object.entries(restartReasons)
    .map(([reason, times]) => `${reason}: ${times}`)
    .join(', ')
}
