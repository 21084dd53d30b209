/** Server-Sent Events: their text, and the reading of it. */

/** One event. */
export interface StreamEvent {
  /** Of the last event that had one; empty before. */
  readonly id: string
  readonly type: string
  readonly data: string
}

/** The text of an event. JSON has no line breaks, so its data is one line. */
export function formatEvent(id: number | undefined, type: string, data: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${type}\ndata: ${data}\n\n`
}

/** What is sent now and then when nothing happens, so that both ends see that the other is there. */
export const KEEP_ALIVE = ': \n\n'

/** Reads events from text that comes in pieces. */
export class EventParser {
  /** Pieces of a line that goes on: a large result comes in thousands of them, and is put together once. */
  #begun: string[] = []
  #id = ''
  #type = ''
  #data: string[] = []

  /** The events that are complete with this piece. */
  push(piece: string): StreamEvent[] {
    const events: StreamEvent[] = []
    const [end, ...more] = piece.split('\n')
    this.#begun.push(end!)
    if (more.length === 0) return events
    const lines = [this.#begun.join(''), ...more]
    this.#begun = [lines.pop()!]
    for (const line of lines) {
      const event = this.#line(line.endsWith('\r') ? line.slice(0, -1) : line)
      if (event !== undefined) events.push(event)
    }
    return events
  }

  #line(line: string): StreamEvent | undefined {
    if (line === '') return this.#end()
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + (line[colon + 1] === ' ' ? 2 : 1))
    if (field === 'data') this.#data.push(value)
    else if (field === 'event') this.#type = value
    else if (field === 'id') this.#id = value
    return undefined
  }

  #end(): StreamEvent | undefined {
    const event = { id: this.#id, type: this.#type || 'message', data: this.#data.join('\n') }
    const empty = this.#data.length === 0
    this.#type = ''
    this.#data = []
    return empty ? undefined : event
  }
}
