/** The dashboard of a daemon: shows what it tells, and passes on what the user wants of it. */
import type { Sample } from '../api/dashboard.js'
import type { DaemonStats } from '../api/types.js'
import { Actions } from './actions.js'
import { Activity } from './activity.js'
import { Charts } from './charts.js'
import { CrashList } from './crashes.js'
import { type Connection, Daemon } from './daemon.js'
import { ask, field } from './dialogs.js'
import { byId, setText } from './dom.js'
import { age, count } from './format.js'
import { TaskStream } from './stream/view.js'
import { Tiles } from './tiles.js'
import { WorkerTable } from './workers.js'

class Page {
  readonly #daemon = new Daemon(this)
  readonly #actions = new Actions(this.#daemon, (error) => this.#activity.say(String(error), this.#now()))
  readonly #charts = new Charts(byId('charts'))
  readonly #stream = new TaskStream()
  readonly #tiles = new Tiles()
  readonly #workers = new WorkerTable((worker) => this.#actions.restart(worker))
  readonly #crashes = new CrashList()
  readonly #activity = new Activity()
  #connection: Connection = { state: 'connecting' }
  #stats: DaemonStats | undefined
  #sample: Sample | undefined
  #version = ''
  /** Between the daemon's clock and this one, in milliseconds. */
  #offset = 0
  /** How many crashes there were when they were asked for. */
  #known = ''

  start(): void {
    setInterval(() => this.#tick(), 1000)
    void this.#daemon.follow()
  }

  onConnection(connection: Connection): void {
    this.#connection = connection
    if (connection.state === 'locked') this.#unlock(connection.refused)
    if (connection.state !== 'connected') this.#actions.update(undefined)
    this.#tick()
  }

  onEvent(type: string, data: any): void {
    switch (type) {
      case 'hello':
        this.#version = data.version
        this.#offset = data.time - Date.now()
        this.#known = ''
        this.#sample = data.samples.at(-1)
        this.#stream.begin(data.time)
        this.#charts.reset(data.samples)
        break
      case 'stats':
        this.#show(data)
        break
      case 'sample':
        this.#sample = data
        this.#charts.add(data)
        break
      case 'tasks':
        this.#stream.add(data)
        break
      case 'event':
        this.#activity.add(data, this.#now())
        break
    }
  }

  #show(stats: DaemonStats): void {
    this.#stats = stats
    const { workers } = stats
    this.#tiles.update(stats, this.#sample)
    this.#workers.update(workers)
    this.#stream.setWorkers(workers, stats.service.concurrency)
    this.#actions.update(stats)
    void this.#askForCrashes(stats)
    this.#tick()
  }

  async #askForCrashes({ workersCrashed, service }: DaemonStats): Promise<void> {
    const known = `${service.crashes} ${workersCrashed}`
    if (known === this.#known) return
    this.#known = known
    try {
      this.#crashes.update(await this.#daemon.crashes(), this.#now())
    } catch {
      // With the next figures.
      this.#known = ''
    }
  }

  #now(): number {
    return Date.now() + this.#offset
  }

  #tick(): void {
    this.#crashes.tick(this.#now())
    this.#activity.tick(this.#now())
    const [condition, label, about, banner = '', kind = ''] = this.#condition()
    const pill = byId('condition')
    pill.dataset['condition'] = condition
    setText(pill, label)
    setText(byId('about'), about)
    document.title = condition === 'running' ? 'Hatchery' : `${label} – Hatchery`
    document.body.toggleAttribute('data-stale', condition === 'lost' || condition === 'locked')
    const bar = byId('banner')
    bar.hidden = banner === ''
    bar.dataset['kind'] = kind
    setText(bar, banner)
  }

  /** How things are, in a word, with the line beside it and, if it is serious, a sentence. */
  #condition(): [condition: string, label: string, about: string, banner?: string, kind?: string] {
    const connection = this.#connection
    if (connection.state === 'locked') return ['locked', 'Locked', 'The daemon asks for its token']
    if (connection.state === 'lost') {
      const since = age(Date.now() - connection.since)
      const stopped = this.#stats?.service.stopping ? 'The daemon has stopped' : 'The daemon does not answer'
      const sentence = `${stopped}${since === 'now' ? '' : `, for ${since}`}. What is shown is from before; the page tries again by itself.`
      return ['lost', 'No daemon', '', sentence]
    }
    const stats = this.#stats
    if (stats === undefined) return ['connecting', 'Connecting', '']
    const { service, generation, startMethod } = stats
    const { pending } = service.tasks
    const about = `hatchery ${this.#version} · pid ${service.pid} · up ${age(service.uptime)} · ${startMethod} · code version ${generation}`
    const toGo = `${count(pending)} ${pending === 1 ? 'task' : 'tasks'} to go`
    if (service.stopping) return ['stopping', 'Stopping', about, `The daemon is stopping: ${toGo}.`, 'note']
    if (service.quiet && pending > 0)
      return ['draining', 'Draining', about, `Quiet: no tasks are taken, ${toGo}.`, 'note']
    if (service.quiet) return ['quiet', 'Quiet', about, 'Quiet: no tasks are taken, and none is left.', 'note']
    return ['running', 'Running', about]
  }

  #unlock(refused: boolean): void {
    if (document.querySelector('dialog[open]') !== null) return
    const [label, input] = field('Token', {
      type: 'password',
      required: true,
      id: 'token',
      autocomplete: 'current-password',
    })
    const wrong = refused ? 'That was not its token. ' : ''
    void ask({
      title: 'Token of the daemon',
      body: `${wrong}It is in the file that its setting token_file names. It is kept until you close this tab.`,
      action: 'Unlock',
      fields: [label],
      cancel: false,
      act: () => this.#daemon.unlock(input.value.trim()),
    })
  }
}

new Page().start()
