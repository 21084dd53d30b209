/** The daemon, as the page talks to it. */

import { EventParser } from '../api/event-stream.js'
import type { CrashInfo } from '../api/types.js'

const TOKEN = 'hatchery-token'
/** Pauses before it is tried again to reach the daemon, in milliseconds. */
const FIRST_PAUSE = 250
const LONGEST_PAUSE = 5000
/** The daemon says something each second: after so long a silence the connection is no good. */
const SILENCE = 10_000

/** The daemon has refused a request. */
export class Refusal extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** How the connection is. */
export type Connection =
  | { readonly state: 'connecting' | 'connected' }
  | { readonly state: 'lost'; readonly since: number }
  | { readonly state: 'locked'; readonly refused: boolean }

/** Told of what comes from the daemon. */
export interface DaemonListener {
  onConnection(connection: Connection): void
  onEvent(type: string, data: any): void
}

/** Follows the daemon, through all its restarts, and does what it is told. */
export class Daemon {
  readonly #listener: DaemonListener
  #token = sessionStorage.getItem(TOKEN) ?? undefined
  #lostSince: number | undefined
  #wake: () => void = () => {}

  constructor(listener: DaemonListener) {
    this.#listener = listener
  }

  /** Shows a token from now on, and tries again with it. */
  unlock(token: string): void {
    this.#token = token
    sessionStorage.setItem(TOKEN, token)
    this.#wake()
  }

  /** Follows what happens; never ends. */
  async follow(): Promise<never> {
    let pause = FIRST_PAUSE
    for (;;) {
      this.#listener.onConnection(this.#lostSince === undefined ? { state: 'connecting' } : this.#lost())
      try {
        await this.#read(() => {
          pause = FIRST_PAUSE
        })
        this.#lostSince = Date.now()
      } catch (error) {
        if (error instanceof Refusal && error.status === 401) {
          this.#listener.onConnection({ state: 'locked', refused: this.#token !== undefined })
          sessionStorage.removeItem(TOKEN)
          await new Promise<void>((resolve) => {
            this.#wake = resolve
          })
          continue
        }
        this.#lostSince ??= Date.now()
      }
      this.#listener.onConnection(this.#lost())
      // Not all pages at the same moment.
      await new Promise((resolve) => setTimeout(resolve, pause * (0.75 + Math.random() / 2)))
      pause = Math.min(pause * 2, LONGEST_PAUSE)
    }
  }

  /** The latest deaths of workers, oldest first. */
  async crashes(): Promise<readonly CrashInfo[]> {
    return (await this.#request('GET', '/v1/crashes')).crashes
  }

  /** @throws Refusal, TypeError if the daemon cannot be reached */
  async post(path: string, body: object = {}): Promise<any> {
    return this.#request('POST', path, body)
  }

  #lost(): Connection {
    return { state: 'lost', since: this.#lostSince ?? Date.now() }
  }

  async #read(onContact: () => void): Promise<void> {
    const abort = new AbortController()
    let timer = setTimeout(() => abort.abort(), SILENCE)
    try {
      const { body } = await this.#fetch('/v1/dashboard', { signal: abort.signal })
      this.#lostSince = undefined
      this.#listener.onConnection({ state: 'connected' })
      const reader = body!.pipeThrough(new TextDecoderStream()).getReader()
      const parser = new EventParser()
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return
        clearTimeout(timer)
        timer = setTimeout(() => abort.abort(), SILENCE)
        for (const { type, data } of parser.push(value)) this.#listener.onEvent(type, JSON.parse(data))
        onContact()
      }
    } finally {
      clearTimeout(timer)
    }
  }

  async #request(method: string, path: string, body?: object): Promise<any> {
    const answer = await this.#fetch(path, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
    return answer.json()
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers)
    if (this.#token !== undefined) headers.set('authorization', `Bearer ${this.#token}`)
    const answer = await fetch(path, { ...init, headers, cache: 'no-store', credentials: 'omit', redirect: 'error' })
    if (answer.ok) return answer
    const told = (await answer.json().catch(() => undefined)) as { error?: { message?: string } } | undefined
    throw new Refusal(answer.status, told?.error?.message ?? `The daemon answers with ${answer.status}.`)
  }
}
