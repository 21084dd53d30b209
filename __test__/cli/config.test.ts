/** `hatchery config`. */
import { readFileSync, writeFileSync } from 'node:fs'
import { Folder, runProgram } from '../helpers/daemon.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { testOnce } from '../helpers/pool.js'

watchForLeaks()

testOnce('check, print, schema', async (t) => {
  using folder = new Folder()
  const [good, bad] = [folder.file('good.json'), folder.file('bad.json')]
  writeFileSync(good, JSON.stringify({ pool: { max_workers: 3, task_timeout: '5s' } }))
  writeFileSync(bad, JSON.stringify({ pool: { max_workers: 'many', retires: 1 } }))
  const env = { HATCHERY_LOGGING_LEVEL: 'debug' }
  const [checked, refused, listed, print, printed, all, schema, mistake] = await Promise.all([
    runProgram(['config', 'check', good]),
    runProgram(['config', 'check', bad]),
    runProgram(['config', 'check', bad, '--json']),
    runProgram(['config', 'print', good], env),
    runProgram(['config', 'print', good, '--json'], env),
    runProgram(['config', 'print', '--all', '--no-env'], env),
    runProgram(['config', 'schema']),
    runProgram(['config', 'chekc']),
  ])
  const file = folder.file('log.json')
  writeFileSync(file, JSON.stringify({ logging: { file: 'none/pool.log' } }))
  for (const args of [
    ['config', 'check', file],
    ['serve', '--config', file, '--check'],
  ]) {
    const { code, errors } = await runProgram(args)
    t.is(code, 1)
    t.regex(errors, /log\.json:1:\d+: logging\.file: there is no folder .*none/)
  }
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
