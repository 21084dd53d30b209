/**
 * `npm run systemd [-- --suite trixie] [--node FILE] [--console]`: deploy/systemd under a real systemd. Boots a Debian
 * with systemd as process 1 and control groups of version 2 in an emulated machine, installs the packed package and the
 * unit there as docs/guide/deployment.md
 * says, and tries what the unit promises. Needs root, mmdebstrap and qemu-system-x86; takes some ten minutes.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { runMachine } from './systemd/machine.js'
import { makeRoot } from './systemd/root.js'

const { values } = parseArgs({
  options: {
    /** trixie has systemd 257, bookworm 252. */
    suite: { type: 'string', default: 'trixie' },
    node: { type: 'string', default: process.execPath },
    /** Show what the machine itself prints, too. */
    console: { type: 'boolean', default: false },
    /** Checks whose title is such; most want the first, `installed`. */
    only: { type: 'string', default: '' },
  },
})

const folder = mkdtempSync(join(tmpdir(), 'hatchery-systemd-'))
try {
  const { suite, node, only } = values
  const image = await makeRoot({ folder, suite, node, only })
  const passed = await runMachine(image, { showConsole: values.console })
  process.exitCode = passed ? 0 : 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
