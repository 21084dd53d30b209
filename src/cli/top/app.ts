import process from 'node:process'
import type { Client, DaemonEvent } from '../../client/index.js'
import { type Style, styleOf } from '../terminal/style.js'
import { harmless } from '../terminal/width.js'
import type { Feed, FeedListener } from './feed.js'
import type { Sample } from './figures.js'
import { frameOf } from './frame/index.js'
import { type Command, commandOf, isYes, type Key } from './keys.js'
import { Screen } from './screen.js'
import type { View } from './view.js'

/** Something that is done only after a yes. */
interface Question {
  readonly text: string
  readonly action: () => Promise<string>
}

/** How long what came of a key is shown, in milliseconds. */
const MESSAGE = 4000

/** The live view: figures in, keys out. */
export class App implements FeedListener {
  readonly #client: Client
  readonly #feed: Feed
  readonly #view: View
  readonly #style: Style
  readonly #screen: Screen
  readonly #quit: () => void
  #selected: number | undefined
  #question: Question | undefined
  #message: string | undefined
  #messageTimer: NodeJS.Timeout | undefined
  #help = false

  constructor(client: Client, feed: Feed, view: View, quit: () => void) {
    this.#client = client
    this.#feed = feed
    this.#view = view
    this.#quit = quit
    this.#style = styleOf(process.stdout)
    this.#screen = new Screen(
      (key) => this.#onKey(key),
      () => this.#draw(),
    )
  }

  open(): void {
    this.#screen.open()
    this.#feed.start(this)
    this.#select(0)
    this.#draw()
  }

  close(): void {
    clearTimeout(this.#messageTimer)
    this.#feed.end()
    this.#screen.close()
  }

  onSample(sample: Sample): void {
    this.#view.take(sample)
    this.#select(0)
    this.#draw()
  }

  onEvent(event: DaemonEvent): void {
    this.#view.tell(event)
  }

  onLost(error: Error): void {
    this.#view.lost = harmless(error.message)
    this.#draw()
  }

  #draw(): void {
    const face = { selected: this.#selected, message: this.#question?.text ?? this.#message, help: this.#help }
    this.#screen.draw(frameOf(this.#view, face, this.#screen.size, this.#style))
  }

  #onKey(key: Key): void {
    const question = this.#question
    const command = commandOf(key)
    if (question !== undefined && command !== 'suspend' && command !== 'redraw') {
      this.#question = undefined
      if (isYes(key)) void this.#do(question.action)
      else this.#say('Left as it is.')
    } else if (command !== undefined) {
      this.#obey(command)
    } else if (key.name === 'escape') {
      this.#help = false
    }
    this.#draw()
  }

  #obey(command: Command): void {
    switch (command) {
      case 'quit':
        return this.#quit()
      case 'suspend':
        return this.#screen.suspend()
      case 'help':
        this.#help = !this.#help
        return
      case 'up':
        return this.#select(-1)
      case 'down':
        return this.#select(1)
      case 'quiet':
        return this.#toggleQuiet()
      case 'restart':
        return this.#restart()
      case 'restart-all':
        return this.#ask('Restart all workers, some at a time?', async () => {
          const replaced = await this.#client.recycle()
          return replaced === 1 ? 'One worker is being replaced.' : `${replaced} workers are being replaced.`
        })
      case 'more':
        return this.#resize(1)
      case 'fewer':
        return this.#resize(-1)
      case 'redraw':
        return
    }
  }

  /** Another worker, so many further on; if the selected one is gone, the first. */
  #select(step: number): void {
    const { workers } = this.#view
    const at = workers.findIndex(({ id }) => id === this.#selected)
    const next = at < 0 ? 0 : Math.max(0, Math.min(workers.length - 1, at + step))
    this.#selected = workers[next]?.id
  }

  #toggleQuiet(): void {
    if (this.#view.figures.service?.quiet === true) {
      void this.#do(async () => {
        await this.#client.resume()
        return 'Tasks are taken again.'
      })
      return
    }
    this.#ask('Take no more tasks, until p is pressed again?', async () => {
      await this.#client.quiet()
      return 'Tasks are refused; what there is goes on.'
    })
  }

  #restart(): void {
    const id = this.#selected
    if (id === undefined) return this.#say('There is no worker to restart.')
    this.#ask(`Restart worker ${id}, when it has ended what it has begun?`, async () => {
      await this.#client.restartWorker(id)
      return `Worker ${id} is being replaced.`
    })
  }

  #resize(step: number): void {
    const { minWorkers, maxWorkers } = this.#view.figures.service ?? {}
    if (minWorkers === undefined || maxWorkers === undefined) return this.#say('The daemon does not tell its size.')
    const max = maxWorkers + step
    if (max < 1) return this.#say('A pool has at least one worker.')
    // A fixed number stays one.
    const min = minWorkers === maxWorkers ? max : Math.min(minWorkers, max)
    const number = max === 1 ? '1 worker' : `${max} workers`
    const action = async () => {
      await this.#client.resize({ min, max })
      return `At most ${number} from now on.`
    }
    if (step > 0) void this.#do(action)
    else this.#ask(`At most ${number} from now on, not ${maxWorkers}?`, action)
  }

  #ask(text: string, action: () => Promise<string>): void {
    this.#question = { text: `${text} (y/n)`, action }
  }

  /** Does it, and says what came of it. */
  async #do(action: () => Promise<string>): Promise<void> {
    try {
      this.#say(await action())
      this.#feed.refresh()
    } catch (error) {
      this.#say(harmless((error as Error).message))
    }
    this.#draw()
  }

  #say(text: string): void {
    this.#message = text
    clearTimeout(this.#messageTimer)
    this.#messageTimer = setTimeout(() => {
      this.#message = undefined
      this.#draw()
    }, MESSAGE)
  }
}
