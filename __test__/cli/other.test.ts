/** `hatchery doctor`, `bench` and `config`. */
import { readFileSync, writeFileSync } from 'node:fs'
import { Folder, Program } from '../helpers/daemon.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { testOnce } from '../helpers/pool.js'
import { shellCommand } from '../helpers/terminal.js'

watchForLeaks()

async function run(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const program = new Program(args, env)
  return { code: await program.ended, output: program.output, errors: program.errors }
}

testOnce('doctor: what is there, what is not, and what to change', async (t) => {
  const [json, text, crippled] = await Promise.all([
    run(['doctor', '--json']),
    run(['doctor']),
    run(['doctor', '--json'], { HATCHERY_NATIVE: '/no/such/file.node' }),
  ])
  t.is(json.code, 0)
  const { ok, checks } = JSON.parse(json.output)
  t.true(ok)
  const status = Object.fromEntries(checks.map((check: any) => [check.id, check.status]))
  t.like(status, { fork: 'ok', spawn: 'ok', memfd: 'ok', pidfd: 'ok', addon: 'ok', node: 'ok' })
  t.is(Object.keys(status).length, checks.length, 'names are unique')
  for (const check of checks) t.is(check.change === undefined, check.status === 'ok', check.id)
  t.is(text.code, 0)
  t.regex(text.output, /ok +Workers by fork +works: /)
  t.regex(text.output, /A pool runs here/)
  t.is(crippled.code, 1)
  t.like(JSON.parse(crippled.output), { ok: false, checks: [{ id: 'addon', status: 'missing' }] })
})

testOnce('doctor sees limits', async (t) => {
  const program = new Program(['-c', shellCommand('ulimit -n 200; hatchery doctor')], {}, ['sh'])
  t.is(await program.ended, 0)
  t.regex(program.output, /degraded +Open files +200/)
  t.regex(program.output, /→ ulimit -n/)
})

testOnce('bench: figures of every kind', async (t) => {
  const { code, output } = await run(['bench', '--seconds', '1', '--workers', '1', '--json'])
  t.is(code, 0)
  const { machine, figures } = JSON.parse(output)
  t.like(machine, { workers: 1, startMethod: 'fork' })
  for (const name of ['echo', 'object', 'latencyP50', 'latencyP99', 'syncP50', 'payload1MiB', 'start']) {
    const { median, least, most } = figures[name]
    t.true(least > 0 && least <= median && median <= most, name)
  }
})

testOnce('config: check, print, schema', async (t) => {
  using folder = new Folder()
  const [good, bad] = [folder.file('good.json'), folder.file('bad.json')]
  writeFileSync(good, JSON.stringify({ pool: { max_workers: 3, task_timeout: '5s' } }))
  writeFileSync(bad, JSON.stringify({ pool: { max_workers: 'many', retires: 1 } }))
  const env = { HATCHERY_LOGGING_LEVEL: 'debug' }
  const [checked, refused, listed, print, printed, all, schema, mistake] = await Promise.all([
    run(['config', 'check', good]),
    run(['config', 'check', bad]),
    run(['config', 'check', bad, '--json']),
    run(['config', 'print', good], env),
    run(['config', 'print', good, '--json'], env),
    run(['config', 'print', '--all', '--no-env'], env),
    run(['config', 'schema']),
    run(['config', 'chekc']),
  ])
  t.is(checked.code, 0)
  t.regex(checked.output, /good\.json is good/)
  t.is(refused.code, 1)
  t.regex(refused.errors, /2 problems/)
  t.is(listed.code, 1)
  t.deepEqual(
    JSON.parse(listed.output).problems.map(({ path }: { path: string }) => path),
    ['pool.max_workers', 'pool.retires'],
  )
  t.regex(print.output, /pool\.max_workers +3 +.*good\.json:1:\d+/)
  t.regex(print.output, /logging\.level +"debug" +environment variable HATCHERY_LOGGING_LEVEL/)
  t.like(JSON.parse(printed.output), { 'pool.task_timeout': { value: 5000 }, 'logging.level': { value: 'debug' } })
  t.regex(all.output, /logging\.level +"info" +default/)
  t.deepEqual(JSON.parse(schema.output), JSON.parse(readFileSync('schema/hatchery.schema.json', 'utf8')))
  t.is(mistake.code, 2)
  t.regex(mistake.errors, /Did you mean check\?/)
})
