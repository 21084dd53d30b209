/** Every step of `npm test`, cheap ones first. */
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import process from 'node:process'
import type { Step } from './step.js'

const minute = 60_000
const bin = (name: string): string => join('node_modules', '.bin', name)
const tests = '.build/test/__test__'
const ava = join('node_modules', 'ava', 'entrypoints', 'cli.mjs')

/** Folders whose tests neither start processes nor measure: their files may run side by side. */
const independent = ['codec', 'config', 'deploy', 'errors', 'host', 'lane', 'unit']
/** Major versions of Node, besides the one in use, that forking is proved on. */
const otherNodes = [22, 24, 26]

/** Only what is definitely lost counts: Rust's test harness still holds a channel when it ends. */
const memcheck =
  'valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite --show-leak-kinds=definite'
const laneTests = ['--test', 'lane', '--test', 'model', '--test', 'hostile']

/**
 * Node 20 reads these certificates whenever it starts, which takes twice as long as all else that it does; the tests start it some
 * two thousand times, and open no connections that would need them.
 */
const withoutCertificates = { NODE_EXTRA_CA_CERTS: undefined }

/** Test files of these folders; helpers and fixtures are no tests. */
function testFiles(folders: string): string[] {
  return [`${tests}/${folders}/**/*.test.js`, `!${tests}/**/{fixtures,helpers,types}/**`]
}

function avaStep(name: string, about: string, files: readonly string[], flags: readonly string[]): Step {
  return {
    name,
    about,
    command: process.execPath,
    args: [ava, ...flags, ...files],
    env: withoutCertificates,
    needsBuild: true,
    timeout: 20 * minute,
  }
}

function forkStep(major: number, files: readonly string[]): Step {
  const folder = join(process.cwd(), 'node_modules', `node-${major}`, 'bin')
  return {
    name: `node-${major}`,
    about: `forked workers, tasks and faults on Node ${major}`,
    command: join(folder, 'node'),
    args: [ava, '--concurrency=1', '--serial', ...files],
    // A test that runs plain `node` must get this one too.
    env: { PATH: `${folder}${delimiter}${process.env.PATH ?? ''}` },
    needsBuild: true,
    timeout: 10 * minute,
  }
}

function cargo(name: string, about: string, args: readonly string[], env?: Record<string, string>): Step {
  return { name, about, command: 'cargo', args, ...(env && { env }), timeout: 30 * minute }
}

/** @param patterns test files or folders under __test__/, to run those alone in the ava steps */
export function allSteps(patterns: readonly string[]): Step[] {
  const chosen = patterns.map((pattern) => {
    const path = join('.build', 'test', pattern.replace(/\.ts$/, '.js'))
    return path.endsWith('.js') ? path : `${path}/**/*.test.js`
  })
  const files = (folders: string): readonly string[] => (chosen.length > 0 ? chosen : testFiles(folders))
  const parallel = `{${independent.join(',')}}`
  const valgrind = existsSync('/usr/bin/valgrind') ? undefined : 'valgrind is not installed'
  return [
    {
      name: 'biome',
      about: 'lint and format',
      command: bin('biome'),
      args: ['ci', '--colors=off', '--error-on-warnings', '.'],
      timeout: 5 * minute,
    },
    {
      name: 'tsc',
      about: 'every TypeScript file type checks',
      command: bin('tsc'),
      args: ['-p', '.'],
      timeout: 5 * minute,
    },
    {
      name: 'tsc-page',
      about: 'the dashboard, which runs in a browser, type checks',
      command: bin('tsc'),
      args: ['-p', 'src/ui'],
      timeout: 5 * minute,
    },
    {
      name: 'api',
      about: 'index.d.ts is what the sources declare',
      command: process.execPath,
      args: ['scripts/run.mjs', 'api-lock', '--check'],
      needsBuild: true,
      timeout: 5 * minute,
    },
    {
      name: 'schema',
      about: 'the published schema, and the table of keys, are what the sources say',
      command: process.execPath,
      args: ['scripts/run.mjs', 'schema', '--check'],
      timeout: 5 * minute,
    },
    {
      name: 'docs',
      about: 'the API reference is what the sources say, and they say it',
      command: process.execPath,
      args: ['scripts/run.mjs', 'docs', '--check'],
      timeout: 5 * minute,
    },
    { name: 'types', about: 'type tests', command: bin('tstyche'), args: [], needsBuild: true, timeout: 5 * minute },
    cargo('fmt', 'Rust format', ['fmt', '--all', '--check']),
    cargo('clippy', 'Rust lints', ['clippy', '--workspace', '--all-targets', '--', '-D', 'warnings']),
    cargo('doc', 'Rust documentation', ['doc', '--workspace', '--no-deps'], { RUSTDOCFLAGS: '-D warnings' }),
    cargo('cargo', 'Rust tests', ['test', '--workspace', '--no-fail-fast']),
    cargo(
      'loom',
      'every interleaving of the lane’s atomics',
      ['test', '-p', 'hatchery-lane', '--release', '--test', 'loom_*'],
      { RUSTFLAGS: '--cfg loom', CARGO_TARGET_DIR: join('target', 'loom') },
    ),
    {
      ...cargo(
        'valgrind',
        'the lane’s tests under memcheck',
        ['test', '-p', 'hatchery-lane', '--no-fail-fast', ...laneTests],
        {
          CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER: memcheck,
          CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER: memcheck,
          // A case takes some fifty times as long there; the `cargo` step runs them all.
          PROPTEST_CASES: '16',
        },
      ),
      ...(valgrind && { unavailable: valgrind }),
    },
    avaStep('ava', 'JavaScript tests that start no process', files(parallel), ['--concurrency=2']),
    // Processes are counted and descriptors compared in these: one file, one test at a time.
    avaStep('ava-serial', 'JavaScript tests with real workers', files(`!(${independent.join('|')})`), [
      '--concurrency=1',
      '--serial',
    ]),
    ...otherNodes.map((major) => forkStep(major, files('fork'))),
  ]
}
