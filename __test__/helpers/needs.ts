/** What a test needs of the machine. Where it lacks, the test fails with what to do, or is skipped on demand; never in silence. */
import { spawnSync } from 'node:child_process'
import process from 'node:process'
import test, { type ExecutionContext } from 'ava'

/** A way to make a namespace: how, and the variable by which tests that need it are left out. */
const NAMESPACES = {
  pid: ['--pid', '--fork', '--mount-proc', '--kill-child'],
  mount: ['--mount'],
} as const

/** Arguments of `unshare` for a program in a namespace of its own. */
export function namespace(kind: keyof typeof NAMESPACES): readonly string[] {
  return NAMESPACES[kind]
}

/** Registers a test that needs a namespace of its own for what it starts; counted as skipped if HATCHERY_SKIP_NAMESPACES is set. */
export function testInNamespace(
  kind: keyof typeof NAMESPACES,
  title: string,
  body: (t: ExecutionContext) => Promise<void>,
  limit = 30_000,
): void {
  const register = process.env['HATCHERY_SKIP_NAMESPACES'] === undefined ? test.serial : test.serial.skip
  register(title, async (t) => {
    t.timeout(limit)
    const probe = spawnSync('unshare', [...namespace(kind), 'true'], { encoding: 'utf8' })
    if (probe.status !== 0) {
      const reason = String(probe.error ?? probe.stderr).trim()
      const way = 'run it as root, or with HATCHERY_SKIP_NAMESPACES=1 to leave it out'
      throw new Error(`this test needs a ${kind} namespace, which is not to be had here (${reason}): ${way}`)
    }
    await body(t)
  })
}
