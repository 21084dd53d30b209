/**
 * What deploy/docker's image relies on, tried without Docker: a pool as process 1 of a root file system that holds node, the
 * C library and the package and nothing else, read-only, as a user without rights, with no shell and no /dev/shm.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { watchForLeaks } from '../helpers/leaks.js'
import { testOnce } from '../helpers/pool.js'
import { descendants } from '../helpers/proc.js'

watchForLeaks()

const USER = 65532
const NAMESPACES = ['--mount', '--pid', '--fork', '--kill-child'] as const
const root = process.cwd()
// A file that is not there.
const { NODE_EXTRA_CA_CERTS: _, ...environment } = process.env
const fixtures = dirname(fileURLToPath(new URL('./fixtures/image.js', import.meta.url)))

/** Builds the root in a namespace of its own, so that nothing of it is left, and becomes process 1 in it. */
const SCRIPT = `
set -eu
mount -t tmpfs -o mode=755 image "$IMAGE"
cd "$IMAGE"
mkdir -p proc dev etc tmp lib lib64 usr/lib nodejs/bin app/node_modules/hatchery
for name in lib lib64 usr/lib; do [ -d "/$name" ] && mount --rbind -o ro "/$name" "$name"; done
touch nodejs/bin/node dev/null dev/urandom
mount --bind "$NODE" nodejs/bin/node
for name in null urandom; do mount --bind "/dev/$name" "dev/$name"; done
mount --bind "$ROOT" app/node_modules/hatchery
cp "$FIXTURES/image.js" "$FIXTURES/image-tasks.js" app
echo '{ "type": "module" }' > app/package.json
mount -t proc proc proc
mount -o remount,ro "$IMAGE"
exec chroot --userspec=${USER}:${USER} . /nodejs/bin/node /app/image.js
`

testOnce('a pool works as process 1 of an image with nothing in it but node', async (t) => {
  const probe = spawnSync('unshare', [...NAMESPACES, 'true'], { encoding: 'utf8' })
  if (probe.status !== 0) {
    t.log(`not tested: unshare ${NAMESPACES.join(' ')} is not permitted here: ${probe.error ?? probe.stderr}`)
    t.pass()
    return
  }
  const image = mkdtempSync(join(tmpdir(), 'hatchery-image-'))
  const container = spawn('unshare', [...NAMESPACES, 'sh', '-c', SCRIPT], {
    env: { ...environment, IMAGE: image, NODE: realpathSync(process.execPath), ROOT: root, FIXTURES: fixtures },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const [text] = await Promise.race([once(container.stdout!, 'data'), once(container, 'exit')])
    t.deepEqual(JSON.parse(String(text)), {
      pid: 1,
      uid: USER,
      writable: [],
      sum: 9900,
      killed: 'ERR_HATCHERY_WORKER_SIGNALLED',
      again: 2,
      startMethod: 'fork',
    })
    const init = descendants(container.pid).find(({ parent }) => parent === container.pid)!
    process.kill(init.pid, 'SIGTERM')
    await once(container, 'exit')
    t.is(container.exitCode, 128 + 15)
  } finally {
    container.kill('SIGKILL')
    rmSync(image, { recursive: true, force: true })
  }
})
