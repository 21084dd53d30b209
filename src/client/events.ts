import type { IncomingMessage } from 'node:http'
import { EventParser } from '../api/event-stream.js'
import type { TaskEventData } from '../api/types.js'
import { parse } from '../api/values.js'
import { decodeWireError } from '../api/wire-error.js'

/** Something that has happened to a task. */
export type TaskEvent = {
  [Type in keyof TaskEventData]: { readonly id: number; readonly type: Type; readonly data: TaskEventData[Type] }
}[keyof TaskEventData]

/** Something that has happened to pool, workers or tasks. */
export interface DaemonEvent {
  /** Its number; that of the one before for what has none, such as `stats`. */
  readonly id: number
  /** Such as `worker-exited`, `task-completed`, `stats`. */
  readonly type: string
  /** What there is to tell of it, as the JSON of the event has it. */
  readonly data: any
}

/** Items of a task; leaving the loop early cancels it. The `value` of the last result is what the generator returns. */
export interface ItemStream<Item, Return = any> extends AsyncIterableIterator<Item, Return, undefined> {
  /** The task's id, once it is known. */
  readonly id: Promise<string>
}

/** The events of an answer, until it ends or whoever reads them leaves. */
export async function* readEvents(response: IncomingMessage): AsyncGenerator<DaemonEvent, void, undefined> {
  const parser = new EventParser()
  response.setEncoding('utf8')
  for await (const piece of response) {
    for (const { id, type, data } of parser.push(piece as string)) {
      yield { id: Number(id) || 0, type, data: parse(data) }
    }
  }
}

/** Whether nothing follows this event. Throws what the task was rejected with. */
export function isLast({ type, data }: DaemonEvent): boolean {
  if (type === 'failed' || type === 'cancelled') throw decodeWireError(data.error)
  return type === 'completed'
}
