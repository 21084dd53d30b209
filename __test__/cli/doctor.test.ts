/** `hatchery doctor`. */
import { Program, runProgram } from '../helpers/daemon.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { testOnce } from '../helpers/pool.js'
import { shellCommand } from '../helpers/terminal.js'

watchForLeaks()

testOnce('what is there, what is not, and what to change', async (t) => {
  const [json, text, crippled] = await Promise.all([
    runProgram(['doctor', '--json']),
    runProgram(['doctor']),
    runProgram(['doctor', '--json'], { HATCHERY_NATIVE: '/no/such/file.node' }),
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

testOnce('limits', async (t) => {
  const program = new Program(['-c', shellCommand('ulimit -n 200; hatchery doctor')], {}, ['sh'])
  t.is(await program.ended, 0)
  t.regex(program.output, /degraded +Open files +200/)
  t.regex(program.output, /→ ulimit -n/)
})
