/** `hatchery run`. */
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { Folder, Program } from '../helpers/daemon.js'
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { testOnce } from '../helpers/pool.js'
import { quote, shellCommand, Terminal } from '../helpers/terminal.js'
import { until } from '../helpers/until.js'

watchForLeaks()

const TASKS = fileURLToPath(new URL('./fixtures/tasks.js', import.meta.url))
const LIMIT = 20_000

async function run(input: string, ...args: string[]) {
  const program = new Program(['run', TASKS, '--workers', '1', ...args])
  program.process.stdin!.end(input)
  return { code: await program.ended, output: program.output, errors: program.errors }
}

function parseLines(text: string): any[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

testOnce('lines become results, in their order; the exit code tells of failures', async (t) => {
  const [good, text, failing, nothing] = await Promise.all([
    run('1\n2\r\n\n3'),
    run('a\n\u2028b\n', '--name', 'upper', '--input', 'lines', '--output', 'lines', '--quiet'),
    run('1\n2\n3\n', '--name', 'even'),
    run('1\n2\n', '-n', 'nothing', '-q'),
  ])
  t.like(good, { code: 0, output: '2\n4\n6\n' })
  t.regex(good.errors, /^3 done in /)
  t.deepEqual(text, { code: 0, output: 'A\n\u2028B\n', errors: '' })
  t.like(failing, { code: 1, output: '2\n' })
  t.regex(failing.errors, /^line 1: RangeError: 1 is odd$/m)
  t.regex(failing.errors, /^line 3: RangeError: 3 is odd$/m)
  t.regex(failing.errors, /^looks at 2$/m, 'what tasks print is not among the results')
  t.regex(failing.errors, /1 done, 2 failed in /)
  t.deepEqual(nothing, { code: 0, output: 'null\nnull\n', errors: '' })
})

testOnce('--json: results and errors with their lines, then a summary', async (t) => {
  const [died, bad, ring, prints] = await Promise.all([
    run('1\n2\n3\n', '--json', '--name', 'die'),
    run('1\n\n{"a":\n2\n', '--json'),
    run('1\n', '--json', '--name', 'ring'),
    run('2\n', '--json', '--name', 'even'),
  ])
  t.is(died.code, 1)
  t.deepEqual(parseLines(died.output), [
    { line: 1, result: 1 },
    { line: 3, result: 3 },
  ])
  const [error, last] = parseLines(died.errors)
  t.like(error, { line: 2, error: { code: 'ERR_HATCHERY_WORKER_SIGNALLED' } })
  t.like(last.summary, { done: 2, failed: 1 })
  t.deepEqual(
    parseLines(bad.output).map(({ line }) => line),
    [1, 4],
  )
  t.like(parseLines(bad.errors)[0], { line: 3, error: { code: 'ERR_HATCHERY_BAD_INPUT' } })
  t.like(parseLines(ring.errors)[0], { line: 1, error: { code: 'ERR_HATCHERY_DATA_CLONE' } })
  const output = { stream: 'stdout', taskName: 'even', text: 'looks at 2' }
  t.deepEqual(parseLines(prints.errors)[0], { output }, 'what tasks print is a line like the others')
})

testOnce('--unordered: results as they come', async (t) => {
  for (const [flag, expected] of [
    ['--ordered', ['waited', 'opened']],
    ['--unordered', ['opened', 'waited']],
  ] as const) {
    using gate = new Gate()
    const input = `${JSON.stringify({ wait: gate.path })}\n${JSON.stringify({ open: gate.path })}\n`
    const { output } = await run(input, '--name', 'gate', '--concurrency', '2', flag)
    t.deepEqual(parseLines(output), expected)
  }
})

testOnce(
  'it stops at what no other line would do better, at the first error if asked to, and at mistakes',
  async (t) => {
    const [fast, unknown, broken, ...mistakes] = await Promise.all([
      run('2\n3\n5\n', '--name', 'even', '--fail-fast'),
      run('1\n2\n', '--name', 'nonesuch'),
      run('1\n2\n', '--preload', 'no-such-module'),
      run('', '--input', 'xml'),
      run('', '--ordered', '--unordered'),
      run('', '--workers', '0'),
    ])
    t.is(fast.code, 1)
    t.is(fast.errors.match(/^line /gm)?.length, 1)
    t.is(unknown.code, 1)
    t.is(unknown.errors.match(/TASK_UNKNOWN/g)?.length, 1)
    t.is(broken.code, 1)
    t.regex(broken.errors, /no-such-module/)
    for (const { code, errors } of mistakes) {
      t.is(code, 2)
      t.regex(errors, /See hatchery run --help/)
    }
    const missing = new Program(['run', 'no-such-file.js'])
    t.is(await missing.ended, 2)
  },
)

testOnce('a signal: no further line is taken, and what has begun is waited for', async (t) => {
  using gate = new Gate()
  const program = new Program(['run', TASKS, '--name', 'gate'])
  program.process.stdin!.on('error', () => {})
  program.process.stdin!.write(`${JSON.stringify({ wait: gate.path })}\n`)
  await gate.entered()
  program.process.kill('SIGTERM')
  await until(() => program.errors.includes('no further line is taken'), LIMIT, 'it has heard')
  program.process.stdin!.write(`${JSON.stringify({ open: gate.path })}\n`)
  gate.open()
  t.is(await program.ended, 128 + 15)
  t.is(program.output, '"waited"\n')
  t.regex(program.errors, /1 done/)
})

testOnce('a second signal does not wait', async (t) => {
  using gate = new Gate()
  const program = new Program(['run', TASKS, '--name', 'gate'])
  program.process.stdin!.write(`${JSON.stringify({ wait: gate.path })}\n`)
  await gate.entered()
  program.process.kill('SIGINT')
  await until(() => program.errors.includes('no further line is taken'), LIMIT, 'it has heard')
  program.process.kill('SIGINT')
  t.is(await program.ended, 128 + 2)
  t.is(program.output, '')
})

testOnce('a reader that has seen enough ends it quietly; one that does not read holds it up', async (t) => {
  using folder = new Folder()
  const numbers = folder.file('numbers')
  writeFileSync(numbers, Array.from({ length: 50_000 }, (_, index) => `${index}\n`).join(''))
  const head = new Program(['-c', shellCommand(`hatchery run ${quote(TASKS)} < ${quote(numbers)} | head -n 2`)], {}, [
    'sh',
  ])
  t.is(await head.ended, 0)
  t.is(head.output, '0\n2\n')
  t.is(head.errors, '')

  // A hundred megabytes, which nobody reads at first.
  const lines = 1000
  const program = new Program(['run', TASKS, '--name', 'large'])
  program.process.stdout!.pause()
  program.process.stdin!.end('100000\n'.repeat(lines))
  const memory = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${program.process.pid}/status`, 'utf8'))![1])
  const rest = async () => {
    const before = cpuTime(program.process.pid!)
    await new Promise((resolve) => setTimeout(resolve, 200))
    return cpuTime(program.process.pid!) === before
  }
  await until(rest, LIMIT, 'it waits for its reader')
  t.true(memory() < 300_000, `${memory()} KiB`)
  program.process.stdout!.resume()
  t.is(await program.ended, 0)
  t.is(program.output.length, lines * 100_003)
})

/** Ticks of processor time that a process has taken. */
function cpuTime(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return Number(fields[11]) + Number(fields[12])
}

testOnce('whatever a task throws, the others go on', async (t) => {
  const [told, json] = await Promise.all([
    run('"error"\n"object"\n', '-n', 'odd'),
    run('"error"\n"object"\n', '-n', 'odd', '--json'),
  ])
  t.regex(told.errors, /^line 1: .*: odd .*\nline 2: Error: the task has thrown .*\n0 done, 2 failed/)
  t.deepEqual(
    parseLines(json.errors).map(({ line }) => line),
    [1, 2, undefined],
  )
})

testOnce('a line that is longer than any may be fails by itself', async (t) => {
  const program = new Program(['run', TASKS, '--workers', '1', '--name', 'upper', '--input', 'lines', '-q'])
  const { stdin } = program.process
  const piece = Buffer.alloc(1 << 20, 'x')
  stdin!.write('a\n')
  for (let count = 0; count < 257; count++) if (!stdin!.write(piece)) await once(stdin!, 'drain')
  stdin!.end('\nb')
  t.is(await program.ended, 1)
  t.is(program.output, '"A"\n"B"\n')
  t.regex(program.errors, /^line 2: The line has 269484033 bytes; at most \d+ are taken[^\n]*BAD_INPUT\)\n$/)
})

testOnce('what a task throws does nothing to a terminal', async (t) => {
  await using terminal = new Terminal(
    `echo '"\\u001b[31mred"' | hatchery run ${quote(TASKS)} --name refuse --workers 1 -q`,
  )
  t.is(await terminal.ended, 1)
  t.regex(terminal.output, /line 1: RangeError: red/)
})

testOnce('a terminal sees how far it is', async (t) => {
  using gate = new Gate()
  using folder = new Folder()
  const input = folder.file('input')
  const line = (value: object) => `${JSON.stringify(value)}\n`
  writeFileSync(input, line({ open: gate.note('other') }) + line({ wait: gate.path }))
  await using terminal = new Terminal(
    `hatchery run ${quote(TASKS)} --name gate --workers 1 < ${quote(input)} > ${quote(folder.file('output'))}`,
  )
  await until(() => /━─+ \d+ % 1 done, .*left/.test(stripVTControlCharacters(terminal.output)), LIMIT, 'there is a bar')
  gate.open()
  t.is(await terminal.ended, 0)
  t.regex(terminal.output, /\r\x1b\[2K2 done in [^\n]*\n$/)
  t.is(readFileSync(folder.file('output'), 'utf8'), '"opened"\n"waited"\n')
})
