import { boolean, duration, integer, list, mode, path, port, section, size, text } from './kinds.js'

const restart = { apply: 'restart', why: 'the sockets are opened as the daemon starts' } as const
const live = { apply: 'live' } as const

/** The section `service`: what `hatchery serve` listens on. */
export const service = section(
  {
    socket: path({
      description: 'Unix socket that tasks come in by.',
      examples: ['/run/hatchery/hatchery.sock'],
      ...restart,
    }),
    socket_mode: mode({ description: 'Permissions of the socket.', default: '0600', ...live }),
    socket_owner: text({
      description: '`user`, `user:group` or `:group` of the socket. Default: whoever runs the daemon.',
      examples: [':www-data'],
      ...restart,
    }),
    host: text({ description: 'Address for HTTP over TCP.', default: '127.0.0.1', ...restart }),
    port: port({ description: 'Port for HTTP over TCP; false: none.', default: false, examples: [7070], ...restart }),
    token_file: path({
      description: 'File with the token that clients on TCP have to show; it is read anew by each reload.',
      ...live,
    }),
    allow_anonymous: boolean({
      description: 'Serves TCP on the loopback address without a token.',
      default: false,
      ...live,
    }),
    allowed_hosts: list(text({}), {
      description: 'Host names, beside those of the loopback address, by which requests on it may come.',
      default: [],
      ...live,
    }),
    max_body_size: size({ minimum: 1, description: 'Most bytes of a request.', default: '16MiB', ...live }),
    max_pending_bytes: size({
      minimum: 1,
      description:
        'Most bytes of all requests that are being read, and of those whose tasks are pending; one request by itself is always taken.',
      default: '256MiB',
      ...live,
    }),
    max_connections: integer({
      minimum: 1,
      maximum: 1_000_000,
      description: 'Connections at a time, on each address; fewer where there are not enough file descriptors.',
      default: 1000,
      ...live,
    }),
    max_in_flight: integer({
      minimum: 1,
      maximum: 0xffff_ffff,
      description: 'Tasks pending at a time.',
      default: 10_000,
      ...live,
    }),
    headers_timeout: duration({
      minimum: 1,
      description: 'Until a request’s headers have come.',
      default: '10s',
      ...live,
    }),
    request_timeout: duration({
      minimum: 1,
      description: 'Until all of a request has come.',
      default: '60s',
      ...live,
    }),
    keep_alive_timeout: duration({
      description: 'How long an idle connection stays open.',
      default: '30s',
      ...live,
    }),
    result_ttl: duration({
      description: 'How long results are kept that nobody has waited for.',
      default: '5m',
      ...live,
    }),
    max_results: integer({
      minimum: 0,
      maximum: 1_000_000,
      description: 'How many of them are kept.',
      default: 1000,
      ...live,
    }),
    max_result_bytes: size({ description: 'How many bytes of them are kept.', default: '64MiB', ...live }),
    ui: boolean({ description: 'Whether the dashboard is served.', default: false, ...live }),
  },
  { title: 'Service', description: 'Where the daemon (`hatchery serve`) listens, and what it accepts.' },
)
