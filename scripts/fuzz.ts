/**
 * `npm run fuzz [-- TARGET ...] [--seconds N]`: runs fuzz targets one after the other, each for N seconds (60), with the
 * corpus that is kept in fuzz/corpus/, to which they add what they find. See fuzz/README.md.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'

/** Bytes of an input; a larger one finds nothing that a smaller one does not. */
const LONGEST = 4096

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '60' } },
})

function run(command: string, args: readonly string[]): void {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' })
  if (error !== undefined) throw error
  if (status !== 0) process.exit(status ?? 1)
}

function fuzzRust(target: string): void {
  const limits = [`-max_total_time=${values.seconds}`, `-max_len=${LONGEST}`, '-timeout=100', '-rss_limit_mb=2048']
  run('cargo', ['+nightly', 'fuzz', 'run', target, '--', ...limits])
}

async function fuzzCodec(): Promise<void> {
  const outfile = join('.build', 'fuzz', 'codec.mjs')
  await build({
    entryPoints: [join('fuzz', 'codec', 'main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'warning',
  })
  const options = ['--seconds', values.seconds, '--longest', String(LONGEST)]
  run(process.execPath, [outfile, ...options])
}

const targets: Record<string, () => void | Promise<void>> = {
  codec: fuzzCodec,
  control: () => fuzzRust('control'),
  lane: () => fuzzRust('lane'),
}

const chosen = positionals.length > 0 ? positionals : Object.keys(targets)
for (const name of chosen) {
  const fuzz = targets[name]
  if (fuzz === undefined) {
    console.error(`there is no fuzz target "${name}"; there are ${Object.keys(targets).join(', ')}`)
    process.exit(2)
  }
  await fuzz()
}
