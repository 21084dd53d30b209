/** What the schema says of a draft. */
import { closestWord } from '../errors/closest-word.js'
import { type Draft, join } from './draft.js'
import { root } from './schema/index.js'
import { listOf, objectOf, partsOf, type SchemaNode } from './schema/node.js'
import { validate } from './validator.js'

/** Reports every value that is not what the schema wants. */
export function checkDraft(draft: Draft): void {
  if (validate(draft.data)) return
  const failed = [...new Set((validate.errors ?? []).map(({ instancePath }) => instancePath))]
  for (const pointer of failed) {
    // Where one of several kinds is wanted, the others fail as well, further out.
    if (failed.some((other) => other.startsWith(`${pointer}/`))) continue
    report(draft, pointer.split('/').slice(1).map(unescape))
  }
}

function report(draft: Draft, steps: readonly string[]): void {
  let [node, value, path]: [SchemaNode | undefined, unknown, string] = [root, draft.data, '']
  for (const step of steps) {
    path = Array.isArray(value) ? `${path}[${step}]` : join(path, step)
    value = (value as Record<string, unknown>)[step]
    node = node && childOf(node, step)
  }
  const choices = (node === undefined ? [] : partsOf(node))
    .flatMap((part) => part.enum ?? [])
    .filter((item) => typeof item === 'string')
  const meant = typeof value === 'string' ? closestWord(value, choices) : undefined
  draft.refuse(path, node?.expected ?? 'something else', value, meant === undefined ? '' : ` Did you mean "${meant}"?`)
}

/** The part of the schema for a key or an index. */
export function childOf(node: SchemaNode, step: string): SchemaNode | undefined {
  const known = objectOf(node)?.properties[step] ?? listOf(node)?.items
  if (known !== undefined) return known
  return typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined
}

function unescape(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~')
}
