// Brings node_modules in line with package-lock.json. A copy of the lock's hash inside node_modules says which lock
// was installed, so a second run costs one hash and no npm.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'

/** Runs `npm ci` in `folder` unless the packages its lock names are there already. */
export function installPackages(folder) {
  const lock = createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .digest('hex')
  const mark = join(folder, 'node_modules', '.installed-lock')
  if (existsSync(mark) && readFileSync(mark, 'utf8') === lock) return
  console.error(`Installing packages in ${folder} ...`)
  const { status, error } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    // stdout too goes to stderr: a tool asked for --json must print nothing else.
    stdio: ['ignore', 2, 2],
  })
  if (status !== 0) {
    console.error(`npm ci failed in ${folder}${error ? `: ${error.message}` : ''}`)
    process.exit(1)
  }
  writeFileSync(mark, lock)
}
