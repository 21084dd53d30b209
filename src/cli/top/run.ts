import { constants } from 'node:os'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, connect } from '../../client/index.js'
import { OK } from '../exit-codes.js'
import { styleOf } from '../terminal/style.js'
import { App } from './app.js'
import { Feed } from './feed.js'
import type { TopFlags } from './flags.js'
import { pageOf } from './frame/index.js'
import { View } from './view.js'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** Between two looks of which rates are known, if only one page is printed. */
const ONCE = 500
/** Wide enough for all, where nobody says how wide it is. */
const COLUMNS = 120

/** Shows a daemon, once or until somebody has seen enough; the exit code. */
export async function runTop(flags: TopFlags): Promise<number> {
  const { address, token, interval, json } = flags
  const client = connect(address, { token })
  const feed = new Feed(client, interval)
  const view = new View(address)
  try {
    // A daemon that is not there is an error, and not something to look at.
    view.take(await feed.look())
    if (flags.once || (!json && process.stdout.isTTY !== true)) {
      await sleep(Math.min(interval, ONCE))
      view.take(await feed.look())
      const columns = process.stdout.columns || COLUMNS
      console.log(json ? JSON.stringify(view) : pageOf(view, columns, styleOf(process.stdout)).join('\n'))
      return OK
    }
    return await (json ? follow(view, feed) : live(client, feed, view))
  } finally {
    feed.end()
    client.close()
  }
}

/** Waits for the end: a signal, or what calls `quit`. */
class Ending {
  readonly done: Promise<number>
  #resolve!: (code: number) => void

  constructor() {
    this.done = new Promise((resolve) => {
      this.#resolve = resolve
    })
    for (const signal of SIGNALS) process.on(signal, this.#onSignal)
    process.stdout.on('error', this.quit)
  }

  readonly quit = (): void => this.#resolve(OK)

  close(): void {
    for (const signal of SIGNALS) process.off(signal, this.#onSignal)
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => this.#resolve(128 + constants.signals[signal])
}

/** A line of JSON at each interval. */
async function follow(view: View, feed: Feed): Promise<number> {
  const ending = new Ending()
  feed.start({
    onSample(sample) {
      view.take(sample)
      console.log(JSON.stringify(view))
    },
    onEvent() {},
    onLost(error) {
      console.error(`hatchery: ${error.message}`)
    },
  })
  try {
    return await ending.done
  } finally {
    ending.close()
  }
}

/** The screen. */
async function live(client: Client, feed: Feed, view: View): Promise<number> {
  const ending = new Ending()
  const app = new App(client, feed, view, ending.quit)
  app.open()
  try {
    return await ending.done
  } finally {
    app.close()
    ending.close()
  }
}
