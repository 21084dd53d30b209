import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import process from 'node:process'
import { checkKeys, checkText } from '../host/check.js'
import { checkDraft } from './check.js'
import type { Config, ConfigEntry, LoggingConfig, MonitoringConfig, ServiceConfig } from './config.js'
import { convertDefault, convertSection, optionName } from './convert.js'
import { Draft } from './draft.js'
import { override } from './environment.js'
import { checkLogFile } from './files.js'
import { parseJson } from './json/parse.js'
import { JsonSyntaxError } from './json/tree.js'
import { toPoolOptions } from './pool-options.js'
import { type ConfigProblem, configError, position, type ValueSource } from './problems.js'
import { root, SECTIONS, type SectionName, sections } from './schema/index.js'

/** Options of {@link loadConfig}. */
export interface LoadOptions {
  /** Environment with the variables that override the file. Default: that of this process; `{}`: none. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /** What messages call variables that nobody has set: by their names, say, the flags of a command line. */
  readonly names?: ReadonlyMap<string, string> | undefined
  /** Whether to refuse a log file that this process could not write to. Default false: who reads it may not be who runs it. */
  readonly checkFiles?: boolean | undefined
}

const KEYS: ReadonlySet<string> = new Set(['env', 'names', 'checkFiles'] satisfies (keyof LoadOptions)[])

/** A configuration larger than this is another file. */
const MOST_BYTES = 4 << 20

/**
 * Reads a configuration: the file's values, in their place those of the environment, and defaults for what neither says.
 *
 * @param path of the file; undefined: there is none
 * @throws ERR_HATCHERY_INVALID_CONFIG with all `problems`; see {@link ConfigError}; ERR_HATCHERY_INVALID_OPTION
 */
export function loadConfig(path: string | undefined, options: LoadOptions = {}): Config {
  checkKeys('loadConfig', options, KEYS)
  if (path !== undefined) checkText('path', path)
  const { env = process.env, names, checkFiles = false } = options
  const file = path === undefined ? undefined : resolve(path)
  const text = file === undefined ? '{}' : read(file)
  const whole: ValueSource = file === undefined ? { kind: 'default' } : { kind: 'file', file, line: 0, column: 0 }
  const draft = new Draft(whole)
  fill(draft, text, file)
  override(draft, env, names)
  checkDraft(draft)
  const config = assemble(draft, file)
  if (checkFiles) checkLogFile(draft, config.logging.file)
  if (draft.problems.length > 0) throw configError(file ?? 'of the environment', once(draft.problems), text)
  return config
}

/** A value is reported once, however many checks it fails. */
function once(problems: readonly ConfigProblem[]): ConfigProblem[] {
  const seen = new Set<string>()
  return problems.filter(({ path, message }) => {
    const key = path === '' ? message : path
    return !seen.has(key) && seen.add(key)
  })
}

function read(file: string): string {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (cause) {
    throw wholeFile(file, `cannot be read: ${reason(cause)}.`, cause)
  }
  if (bytes.length > MOST_BYTES) throw wholeFile(file, `is larger (${bytes.length} bytes) than any configuration.`)
  try {
    // Takes a byte order mark away.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw wholeFile(file, 'is not text in UTF-8.', cause)
  }
}

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ENOENT') return 'there is no such file'
  if (code === 'EACCES') return 'permission denied'
  if (code === 'EISDIR') return 'it is a folder'
  return message
}

function wholeFile(file: string, message: string, cause?: unknown) {
  const source: ValueSource = { kind: 'file', file, line: 0, column: 0 }
  return configError(file, [{ path: '', message, source }], '', cause)
}

function fill(draft: Draft, text: string, file: string | undefined): void {
  if (file === undefined) return
  const locate = (offset: number): ValueSource => ({ kind: 'file', file, ...position(text, offset) })
  try {
    const tree = parseJson(text)
    if (tree.kind !== 'object') {
      const found = tree.kind === 'array' ? 'a list' : JSON.stringify(tree.value)
      const message = `must be an object of ${SECTIONS.join(', ')}; found ${found}.`
      throw configError(file, [{ path: '', message, source: locate(tree.start) }], text)
    }
    Object.assign(draft.data, draft.normalize(tree, root, '', locate))
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error
    const problem = { path: '', message: `is no JSON: ${error.message}.`, source: locate(error.offset) }
    throw configError(file, [problem], text, error)
  }
}

function assemble(draft: Draft, file: string | undefined): Config {
  const folder = file === undefined ? process.cwd() : dirname(file)
  // Values that the schema refuses cannot be converted.
  for (const { path } of draft.problems) remove(draft.data, path)
  const given = Object.fromEntries(
    SECTIONS.map((name) => [name, convertSection(draft, sections[name], name, folder)]),
  ) as Record<SectionName, Record<string, unknown>>
  const whole = (name: SectionName) => Object.freeze({ ...defaultsOf(name), ...given[name] })
  const portless = (value: unknown) => (value === false ? undefined : (value as number))
  const monitoring = whole('monitoring') as Record<string, unknown>
  const service = whole('service') as Record<string, unknown>
  return Object.freeze({
    name: String(given.pool['poolName'] ?? defaultsOf('pool')['poolName']),
    pool: Object.freeze(toPoolOptions(draft, given.pool)),
    logging: whole('logging') as unknown as LoggingConfig,
    monitoring: Object.freeze({
      ...monitoring,
      metricsPort: portless(monitoring['metricsPort']),
      healthCheckPort: portless(monitoring['healthCheckPort']),
    }) as unknown as MonitoringConfig,
    service: Object.freeze({ ...service, port: portless(service['port']) }) as unknown as ServiceConfig,
    file,
    entries: Object.freeze(SECTIONS.flatMap((name) => entriesOf(draft, name, given[name]))),
  })
}

/** Every option of a section, undefined where there is no default. */
function defaultsOf(name: SectionName): Record<string, unknown> {
  const properties = Object.entries(sections[name].properties ?? {})
  return Object.fromEntries(properties.map(([key, node]) => [optionName(key, node), convertDefault(node)]))
}

function entriesOf(draft: Draft, name: SectionName, given: Record<string, unknown>): ConfigEntry[] {
  return Object.entries(sections[name].properties ?? {}).map(([key, node]) => {
    const path = `${name}.${key}`
    const option = optionName(key, node)
    const isSet = Object.hasOwn(given, option)
    return Object.freeze({
      path,
      value: isSet ? given[option] : convertDefault(node),
      source: isSet ? (draft.sourceOf(path) ?? { kind: 'default' }) : { kind: 'default' },
      apply: node.apply ?? 'restart',
      why: node.why,
    }) satisfies ConfigEntry
  })
}

/** Takes a value out, if it is there. */
function remove(data: Record<string, unknown>, path: string): void {
  const steps = path.match(/[^.[\]]+/g) ?? []
  let holder: unknown = data
  for (const step of steps.slice(0, -1)) holder = (holder as Record<string, unknown> | undefined)?.[step]
  const last = steps.at(-1)
  if (last === undefined || typeof holder !== 'object' || holder === null) return
  if (Array.isArray(holder)) holder.splice(Number(last), 1)
  else delete (holder as Record<string, unknown>)[last]
}
