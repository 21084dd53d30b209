import { Script } from 'node:vm'

/** Makes an object like `template` whose values are read one after the other. */
export type ObjectBuilder = (
  template: Record<string, unknown>,
  keys: readonly string[],
  take: (source: Uint8Array, end: number, depth: number) => unknown,
  source: Uint8Array,
  end: number,
  depth: number,
) => Record<string, unknown>

/**
 * The text of an {@link ObjectBuilder}, always the same. Evaluated anew it is a function with type feedback of its
 * own: serving one shape alone, it becomes a copy of one hidden class and plain stores, 40 ns for six fields. Shared by
 * all shapes it takes three times as long. No data becomes part of the text, and it is no `eval`: it works where
 * code generation from strings is off.
 */
const BUILDER = `'use strict'
;(template, keys, take, source, end, depth) => {
  const value = { ...template }
  const count = keys.length
${Array.from({ length: 16 }, (_, index) => `  value[keys[${index}]] = take(source, end, depth)\n  if (count === ${index + 1}) return value`).join('\n')}
  for (let index = 16; index < count; index++) value[keys[index]] = take(source, end, depth)
  return value
}`

/** Functions made at most: shapes beyond that, if a program has so many, do without. */
const MAX_BUILDERS = 128
let made = 0

/** A builder for one shape, or undefined if there are enough. */
export function makeObjectBuilder(): ObjectBuilder | undefined {
  if (made === MAX_BUILDERS) return undefined
  made++
  return new Script(BUILDER, { filename: 'hatchery:object-builder' }).runInThisContext() as ObjectBuilder
}

/** An object with these keys and fields that take values of any type, its hidden class that of a literal. */
export function makeTemplate(keys: readonly string[]): Record<string, unknown> {
  const text = keys.map((key) => `${JSON.stringify(key)}:0`).join()
  const template = JSON.parse(`{${text}}`) as Record<string, unknown>
  for (const key of keys) template[key] = ''
  for (const key of keys) template[key] = undefined
  return template
}
