import { boolean, port, section, text } from './kinds.js'

const restart = { apply: 'restart', why: 'the socket is opened as the program starts' } as const

/** The section `monitoring`. */
export const monitoring = section(
  {
    host: text({
      description: 'Address on which metrics and health are served.',
      default: '127.0.0.1',
      examples: ['0.0.0.0', '::1'],
      ...restart,
    }),
    metrics_port: port({ description: 'Port of /metrics; false: none.', default: 9090, ...restart }),
    health_check_port: port({ description: 'Port of /livez and /readyz; false: none.', default: 8080, ...restart }),
    enable_tracing: boolean({
      description: 'Whether tasks are traced by OpenTelemetry, if an SDK is registered.',
      default: false,
      apply: 'restart',
      why: 'the tracer is looked up as the program starts',
    }),
  },
  { title: 'Monitoring', description: 'Metrics, health checks and traces.' },
)
