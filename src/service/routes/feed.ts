import { formatEvent } from '../../api/event-stream.js'
import { stringify } from '../../api/values.js'
import { badRequest } from '../bad-request.js'
import type { Feed } from '../feed.js'
import { EventResponse } from '../http/event-response.js'
import type { Exchange } from '../http/exchange.js'
import type { Route } from '../http/router.js'

/** Shortest and longest pause between two reports of the figures, in milliseconds. */
const PAUSES = [100, 3_600_000] as const

/** `GET /v1/events`: what happens from now on, or from the event on that the client has had last. */
export function feedRoute(feed: Feed, stats: () => object): Route {
  return {
    method: 'GET',
    path: '/v1/events',
    query: ['stats', 'last-event-id'],
    handle: (exchange) => follow(exchange, feed, stats),
  }
}

function follow({ request, response, query }: Exchange, feed: Feed, stats: () => object): void {
  const pause = query.get('stats')
  const every = pause === null ? undefined : Number(pause)
  if (every !== undefined && !(every >= PAUSES[0] && every <= PAUSES[1])) {
    throw badRequest(`"stats" must be milliseconds from ${PAUSES.join(' to ')}.`)
  }
  const last = Number(request.headers['last-event-id'] ?? query.get('last-event-id') ?? Number.NaN)
  const events = new EventResponse(response, feed.log, Number.isInteger(last) && last >= 0 ? last : feed.log.last)
  events.start()
  if (every === undefined) return
  // Of no number: who comes back wants the latest.
  const report = () => events.send(formatEvent(undefined, 'stats', stringify(stats())!))
  report()
  const timer = setInterval(report, every)
  timer.unref()
  response.once('close', () => clearInterval(timer))
}
