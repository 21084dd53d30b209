/**
 * Environment variables that override what the file says: HATCHERY_POOL_MAX_WORKERS, HATCHERY_LOGGING_LEVEL, and for keys
 * within keys HATCHERY_POOL_SCALING_INTERVAL.
 */
import { closestWord } from '../errors/closest-word.js'
import type { Draft } from './draft.js'
import { parseJson } from './json/parse.js'
import { JsonSyntaxError } from './json/tree.js'
import type { ValueSource } from './problems.js'
import { type SectionName, sections } from './schema/index.js'
import { listOf, objectOf, partsOf, type SchemaNode } from './schema/node.js'

/**
 * By section. Not HATCHERY_SERVICE_: Kubernetes sets HATCHERY_SERVICE_HOST and HATCHERY_SERVICE_PORT in each container beside
 * a Service called `hatchery`.
 */
const PREFIXES = {
  pool: 'HATCHERY_POOL_',
  logging: 'HATCHERY_LOGGING_',
  monitoring: 'HATCHERY_MONITORING_',
  service: 'HATCHERY_SERVE_',
} as const satisfies Record<SectionName, string>

/** What Kubernetes sets for Services called `hatchery-pool` and the like. */
const KUBERNETES = /^HATCHERY_(POOL|LOGGING|MONITORING|SERVE)_(SERVICE_(HOST|PORT)|PORT)(_|$)/

/** … and what it sets one of our own variables to: HATCHERY_SERVE_PORT. */
const ADDRESS = /^(tcp|udp|sctp):\/\//

interface Variable {
  readonly path: readonly string[]
  readonly node: SchemaNode
}

const VARIABLES: ReadonlyMap<string, Variable> = collect()

/** Variables, and the paths of what they override. */
export function variables(): { readonly variable: string; readonly path: string }[] {
  return [...VARIABLES].map(([variable, { path }]) => ({ variable, path: path.join('.') }))
}

/** The variable by which a value can be overridden. */
export function variableFor(path: string): string | undefined {
  return variables().find((entry) => entry.path === path)?.variable
}

/**
 * Puts what the environment says in the place of what the file says. An empty variable says nothing.
 *
 * @param names what messages call variables by, where that is not their name
 */
export function override(
  draft: Draft,
  env: Readonly<Record<string, string | undefined>>,
  names?: ReadonlyMap<string, string>,
): void {
  const done = new Map<string, string>()
  for (const [name, text] of Object.entries(env)) {
    if (text === undefined || text.trim() === '' || !isOurs(name, text)) continue
    const flag = names?.get(name)
    const source: ValueSource = { kind: 'environment', variable: name, ...(flag !== undefined && { flag }) }
    const variable = VARIABLES.get(name)
    if (variable === undefined) {
      reportUnknown(draft, name, source)
      continue
    }
    const path = variable.path.join('.')
    const other = done.get(path)
    if (other !== undefined) {
      draft.report(path, `${other} says the same: leave one of them out.`, { found: text }, source)
      continue
    }
    done.set(path, name)
    set(draft, variable, text.trim(), source)
  }
}

function isOurs(name: string, text: string): boolean {
  if (!Object.values(PREFIXES).some((prefix) => name.startsWith(prefix))) return false
  return VARIABLES.has(name) ? !ADDRESS.test(text) : !KUBERNETES.test(name)
}

function reportUnknown(draft: Draft, name: string, source: ValueSource): void {
  const meant = closestWord(name, VARIABLES.keys())
  const hint = meant === undefined ? 'The documentation lists those there are.' : `Did you mean ${meant}?`
  draft.report('', `there is no setting of this name. ${hint}`, { found: name }, source)
}

function set(draft: Draft, { path, node }: Variable, text: string, source: ValueSource): void {
  const at = path.join('.')
  let holder = draft.data
  for (const key of path.slice(0, -1)) {
    const inner = holder[key]
    // What is there instead of an object, such as false, gives way to the one key that is named.
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) holder[key] = {}
    holder = holder[key] as Record<string, unknown>
  }
  draft.note(at, source)
  holder[path.at(-1)!] = read(draft, node, text, at, source)
}

function read(draft: Draft, node: SchemaNode, text: string, path: string, source: ValueSource): unknown {
  if (/^[[{]/.test(text) && (listOf(node) ?? takesObjects(node))) {
    try {
      return draft.normalize(parseJson(text), node, path, () => source)
    } catch (error) {
      if (!(error instanceof JsonSyntaxError)) throw error
      draft.report(path, `is no JSON: ${error.message}.`, { found: text }, source)
      return undefined
    }
  }
  const parts = partsOf(node)
  const isNumber = parts.some(({ type }) => type === 'integer' || type === 'number')
  if (isNumber && /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text)
  if (parts.some(takesFlags)) {
    if (/^(true|yes|on)$/i.test(text) || (!isNumber && text === '1')) return true
    if (/^(false|no|off)$/i.test(text) || (!isNumber && text === '0')) return false
  }
  const choices = parts.flatMap((part) => part.enum ?? [])
  const list = listOf(node)
  if (list === undefined || choices.includes(text)) return text
  return text.split(',').map((item, index) => {
    draft.note(`${path}[${index}]`, source)
    return list.items === undefined ? item : read(draft, list.items, item.trim(), `${path}[${index}]`, source)
  })
}

function takesFlags({ type, enum: choices = [], const: only }: SchemaNode): boolean {
  return type === 'boolean' || only === false || choices.includes(false)
}

function takesObjects(node: SchemaNode): boolean {
  return partsOf(node).some(({ type, expected }) => type === 'object' || expected === 'any value')
}

function collect(): Map<string, Variable> {
  const found = new Map<string, Variable>()
  const add = (prefix: string, node: SchemaNode, path: readonly string[]) => {
    for (const [key, child] of Object.entries(objectOf(node)?.properties ?? {})) {
      for (const name of [key, ...(child.aliases ?? [])]) {
        const variable = prefix + name.toUpperCase()
        found.set(variable, { path: [...path, key], node: child })
        add(`${variable}_`, child, [...path, key])
      }
    }
  }
  for (const [name, node] of Object.entries(sections)) add(PREFIXES[name as SectionName], node, [name])
  return found
}
