import { ERROR_CODES, HatcheryError } from '../../errors/index.js'
import type { Exchange } from './exchange.js'

/** Answers requests of one kind. What it throws is answered as an error. */
export type Handler = (exchange: Exchange) => void | Promise<void>

/** One kind of requests. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Such as `/v1/tasks/:id`. */
  readonly path: string
  /** Parameters that its query may have; `any`: it looks at them itself. Default: none. */
  readonly query?: readonly string[] | 'any'
  /** Anybody may ask: there is nothing in it. Default: only who has the token. */
  readonly open?: boolean
  readonly handle: Handler
}

interface Compiled extends Route {
  readonly segments: readonly string[]
}

/** Finds the handler of a request. */
export class Router {
  #routes: readonly Compiled[] = []

  /** What there is from now on. */
  serve(routes: readonly Route[]): void {
    this.#routes = routes.map((route) => ({ ...route, segments: route.path.split('/') }))
  }

  /**
   * The route of a request, whose `params` are set.
   *
   * @throws ERR_HATCHERY_NOT_FOUND, {@link WrongMethod}
   */
  find(exchange: Exchange): Route {
    const { request, url } = exchange
    const segments = url.pathname.split('/')
    const method = request.method === 'HEAD' ? 'GET' : request.method
    const others: string[] = []
    for (const route of this.#routes) {
      const params = match(route.segments, segments)
      if (params === undefined) continue
      if (route.method === method) {
        exchange.params = params
        return route
      }
      others.push(route.method)
    }
    throw others.length > 0 ? new WrongMethod(method, url.pathname, others) : this.#notFound(url.pathname)
  }

  #notFound(path: string): HatcheryError {
    const known = [...new Set(this.#routes.map((route) => route.path).filter((known) => known.startsWith('/v1/')))]
    return new HatcheryError(ERROR_CODES.NOT_FOUND, `There is nothing at ${path}. There is ${known.join(', ')}.`)
  }
}

/** The path is there, and takes other methods: status 405. */
export class WrongMethod extends HatcheryError {
  /** For the header of this name. */
  readonly allow: string

  constructor(method: string | undefined, path: string, allow: readonly string[]) {
    const taken = allow.flatMap((name) => (name === 'GET' ? ['GET', 'HEAD'] : [name]))
    super(ERROR_CODES.BAD_REQUEST, `${path} takes ${taken.join(', ')}, not ${method}.`)
    this.allow = taken.join(', ')
  }
}

function match(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index]!
    if (!part.startsWith(':')) {
      if (part !== segment) return undefined
      continue
    }
    try {
      params[part.slice(1)] = decodeURIComponent(segment)
    } catch {
      return undefined
    }
  }
  return params
}
