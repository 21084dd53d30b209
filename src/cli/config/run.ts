import process from 'node:process'
import { type ConfigEntry, type ConfigError, configSchema, loadConfig, showSource } from '../../config/index.js'
import { ERROR_CODES, HatcheryError } from '../../errors/index.js'
import { hint, type OptionValues, UsageError } from '../command.js'
import { FAILED, OK } from '../exit-codes.js'
import { oneOf } from '../flags.js'
import { styleOf } from '../terminal/style.js'
import { table } from '../terminal/table.js'

const ACTIONS = ['check', 'print', 'schema']

/** `config check`, `print` or `schema`; the exit code. */
export function runConfig(values: OptionValues, [action, ...rest]: readonly string[]): number {
  if (action === undefined) throw new UsageError(`What is to be done: ${ACTIONS.join(', ')}?`)
  if (!ACTIONS.includes(action)) throw new UsageError(`There is no "config ${action}".${hint(action, ACTIONS)}`)
  const file = oneOf(rest, 'file')
  const json = values['json'] === true
  if (action === 'schema') {
    if (file !== undefined) throw new UsageError(`The schema is of no file; what is "${file}"?`)
    console.log(JSON.stringify(configSchema(), undefined, 2))
    return OK
  }
  const env = values['no-env'] === true ? {} : process.env
  if (action === 'check') return check(file, env, json)
  const { entries } = loadConfig(file, { env })
  print(values['all'] === true ? entries : entries.filter(({ source }) => source.kind !== 'default'), json)
  return OK
}

function check(file: string | undefined, env: NodeJS.ProcessEnv, json: boolean): number {
  try {
    const config = loadConfig(file, { env, checkFiles: true })
    console.log(json ? JSON.stringify({ ok: true, problems: [] }) : `${config.file ?? 'The environment'} is good.`)
    return OK
  } catch (error) {
    if (!isConfigError(error)) throw error
    if (json) console.log(JSON.stringify({ ok: false, problems: error.problems }, undefined, 2))
    else console.error(error.message)
    return FAILED
  }
}

function isConfigError(error: unknown): error is ConfigError {
  return error instanceof HatcheryError && error.code === ERROR_CODES.INVALID_CONFIG
}

function print(entries: readonly ConfigEntry[], json: boolean): void {
  if (json) {
    console.log(JSON.stringify(Object.fromEntries(entries.map(({ path, ...entry }) => [path, entry])), undefined, 2))
    return
  }
  if (entries.length === 0) {
    console.log('Nothing is set; --all shows the defaults.')
    return
  }
  const style = styleOf(process.stdout)
  const rows = entries.map(({ path, value, source, apply }) => [
    path,
    value === undefined ? style.dim('-') : JSON.stringify(value),
    style.dim(showSource(source)),
    style.dim(apply === 'live' ? 'at once' : apply),
  ])
  const columns = ['SETTING', 'VALUE', 'FROM', 'A CHANGE TAKES'].map((title) => ({ title: style.bold(title) }))
  console.log(table(columns, rows).join('\n'))
}
