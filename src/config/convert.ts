/** Values of a draft that the schema has found good, as what options want. */
import { statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type Draft, join } from './draft.js'
import { camelCase } from './schema/names.js'
import { listOf, objectOf, partsOf, type SchemaNode } from './schema/node.js'
import { numberOf } from './units.js'

/** Options of a section by their names, defaults left out. Reports what is out of range or does not exist. */
export function convertSection(draft: Draft, node: SchemaNode, path: string, folder: string): Record<string, unknown> {
  const value = draft.data[path]
  // One that is no object has been reported.
  return isObject(value) ? (convert(draft, node, value, path, folder) as Record<string, unknown>) : {}
}

/** The value that a default of the schema stands for. */
export function convertDefault(node: SchemaNode): unknown {
  const { unit } = measured(node) ?? {}
  return unit === undefined ? node.default : numberOf(unit, node.default)
}

function convert(draft: Draft, node: SchemaNode, value: unknown, path: string, folder: string): unknown {
  if (Array.isArray(value)) {
    const items = listOf(node)?.items
    return items === undefined
      ? value
      : value.map((item, index) => convert(draft, items, item, `${path}[${index}]`, folder))
  }
  if (isObject(value)) {
    const properties = objectOf(node)?.properties
    if (properties === undefined) return convertDictionary(draft, node, value, path, folder)
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, inner]) => {
        const child = properties[key]
        if (child === undefined || inner === undefined) return []
        return [[optionName(key, child), convert(draft, child, inner, join(path, key), folder)]]
      }),
    )
  }
  const inUnits = measured(node)
  return inUnits === undefined ? value : convertUnit(draft, inUnits, value, path, folder)
}

/** The part of a node that has a unit: of several kinds one may. */
function measured(node: SchemaNode): SchemaNode | undefined {
  return partsOf(node).find(({ unit }) => unit !== undefined)
}

function convertDictionary(draft: Draft, node: SchemaNode, value: object, path: string, folder: string): unknown {
  const inner = node.additionalProperties
  if (typeof inner !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, convert(draft, inner, item, join(path, key), folder)]),
  )
}

function convertUnit(draft: Draft, node: SchemaNode, value: unknown, path: string, folder: string): unknown {
  if (node.unit === 'path') {
    if (value === node.default) return value
    const file = pathOf(String(value))
    if (file === undefined) draft.refuse(path, node.expected, value)
    return resolve(folder, file ?? '')
  }
  if (node.unit === 'module') return convertModule(draft, String(value), path, folder)
  const converted = numberOf(node.unit!, value)
  const bounds = partsOf(node).find(({ minimum }) => minimum !== undefined)
  if (typeof value === 'string' && typeof converted === 'number' && bounds !== undefined && converted !== Infinity) {
    const { minimum = 0, maximum = Infinity } = bounds
    if (converted < minimum || converted > maximum) draft.refuse(path, node.expected, value)
  }
  return converted
}

/** Undefined: a URL that stands for no file of this machine. */
function pathOf(text: string): string | undefined {
  try {
    return text.startsWith('file:') ? fileURLToPath(text) : text
  } catch {
    return undefined
  }
}

/** A file, or a package as seen from the folder of the configuration. */
function convertModule(draft: Draft, specifier: string, path: string, folder: string): string {
  const given = pathOf(specifier)
  const file = resolve(folder, given ?? specifier)
  if (!/^(?:\.{0,2}\/|file:)/.test(specifier)) {
    try {
      const found = createRequire(resolve(folder, 'noop.js')).resolve(specifier)
      // A built-in module resolves to its own name.
      return found.startsWith('/') ? pathToFileURL(found).href : specifier
    } catch {
      // Not a package: perhaps a file name without './'.
    }
  }
  if (given === undefined || !isFile(file))
    draft.refuse(path, `a file, or a package that is installed for ${folder}`, specifier)
  return file
}

export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true
}

/** The name of an option, for a key. */
export function optionName(key: string, node: SchemaNode): string {
  return node.option ?? camelCase(key)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
