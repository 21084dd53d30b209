/** A daemon that may not have many file descriptors. */
import { once } from 'node:events'
import { createConnection } from 'node:net'
import process from 'node:process'
import { Daemon } from '../helpers/daemon.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testOnce } from '../helpers/pool.js'
import { until } from '../helpers/until.js'

watchForLeaks()

testOnce('connections leave the pool the descriptors that it needs', async (t) => {
  const program = ['sh', '-c', 'ulimit -n 160; exec "$0" "$@"', process.execPath]
  await using daemon = await Daemon.start(['--port', '0', '--allow-anonymous'], { program })
  const { maxConnections, wanted } = await daemon.says('fewer connections than max_connections')
  t.deepEqual({ maxConnections, wanted }, { maxConnections: 11, wanted: 1000 }, '160 - 128 - 10, for two addresses')

  // The connections of the client are there before all are taken.
  t.is(await daemon.client.run(undefined, 'first'), 'first')
  t.is((await daemon.client.stats()).service.connections, 2)
  const { hostname, port } = new URL(daemon.url)
  let refused = 0
  const open = async (place: { path: string } | { host: string; port: number }) => {
    const socket = createConnection(place)
    socket.on('error', () => {})
    socket.once('close', () => {
      refused++
    })
    socket.resume()
    await once(socket, 'connect').catch(() => {})
    return socket
  }
  const places = [{ path: daemon.socket }, { host: hostname, port: Number(port) }]
  const sockets = await Promise.all(places.flatMap((place) => Array.from({ length: 100 }, () => open(place))))
  await until(() => refused === 200 - 20, 10_000, 'those beyond it are refused')
  for (let deaths = 0; deaths < 2; deaths++) {
    t.is((await rejection(daemon.client.run('die'))).code, 'ERR_HATCHERY_WORKER_SIGNALLED')
    t.is(await daemon.client.run(undefined, 'well'), 'well', 'another worker has been started')
  }
  for (const socket of sockets) socket.destroy()
})
