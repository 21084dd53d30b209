/** The keys of a configuration as tables in Markdown. */
import { SECTIONS, sections } from '../../src/config/schema/index.js'
import { objectOf, type SchemaNode } from '../../src/config/schema/node.js'

const APPLY = { live: 'at once', reload: 'workers replaced', restart: 'restart' } as const

/** One table a section. Keys within keys have dots. */
export function configTables(): string {
  return SECTIONS.map((name) => {
    const rows = rowsOf(sections[name], '', undefined)
    const head = '| key | value | default | change | |\n|---|---|---|---|---|'
    return `### ${name}\n\n${sections[name].description}\n\n${head}\n${rows.join('\n')}\n`
  }).join('\n')
}

function rowsOf(node: SchemaNode, prefix: string, above: SchemaNode | undefined): string[] {
  return Object.entries(objectOf(node)?.properties ?? {}).flatMap(([key, child]) => {
    const names = [key, ...(child.aliases ?? [])].map((name) => `\`${prefix}${name}\``).join(', ')
    const change = APPLY[child.apply ?? above?.apply ?? 'restart']
    const byDefault = child.default === undefined ? '' : `\`${JSON.stringify(child.default)}\``
    const cells = [names, escape(valueOf(child)), byDefault, change, escape(child.description ?? '')]
    return [`| ${cells.join(' | ')} |`, ...rowsOf(child, `${prefix}${key}.`, child.apply ? child : above)]
  })
}

/** What an error would say is expected, in fewer words. */
function valueOf(node: SchemaNode): string {
  return node.expected
    .replace(/an object of [\w, ]+/g, 'object')
    .replace(/(a time|a size)([^:]*): .*?"(?=, or "infinity"|;|$)/g, '$1$2')
    .replace(/^(a|an) /, '')
}

function escape(text: string): string {
  return text.replaceAll('|', '\\|')
}
