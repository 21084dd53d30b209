/** The reference in Markdown, by TypeDoc. */
import {
  Application,
  Converter,
  type DeclarationReflection,
  type ProjectReflection,
  ReflectionKind,
  type TypeDocOptions,
} from 'typedoc'
import type { PluginOptions } from 'typedoc-plugin-markdown'
import { entries } from '../build/entries.js'
import { specifiers } from '../lib/public-declarations.js'

const options: Partial<TypeDocOptions & PluginOptions> = {
  plugin: ['typedoc-plugin-markdown'],
  tsconfig: 'tsconfig.build.json',
  name: 'API reference',
  readme: 'none',
  excludeInternal: true,
  excludePrivate: true,
  excludeProtected: true,
  // Of Node's classes that ours extend.
  excludeExternals: true,
  // Lines of source would change with every commit.
  disableSources: true,
  githubPages: false,
  outputFileStrategy: 'modules',
  entryFileName: 'README',
  hidePageHeader: true,
  hideBreadcrumbs: true,
  useCodeBlocks: true,
  // The plugin counts headings of one name otherwise than GitHub does.
  useHTMLAnchors: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  classPropertiesFormat: 'table',
  typeAliasPropertiesFormat: 'table',
  typeDeclarationFormat: 'table',
  // Types that only others are made of are not exported, and need not be. What has no comment is looked for below.
  validation: { notExported: false, invalidLink: true, rewrittenLink: false, notDocumented: false },
  logLevel: 'Warn',
}

/** The source of each entry point, and the name under which users import it. */
const sources = new Map(
  Object.entries(entries).map(([name, file]) => [
    file.replace('./dist/', '').replace(/\.js$/, '.ts'),
    specifiers[name as keyof typeof specifiers],
  ]),
)

/** Throws if the sources do not compile, or a comment links to nowhere. */
export async function writeReference(folder: string): Promise<ProjectReflection> {
  const app = await Application.bootstrapWithPlugins({ ...options, entryPoints: [...sources.keys()], out: folder })
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.getChildrenByKind(ReflectionKind.Module)) {
      const name = [...sources].find(([file]) => file.replace(/(\/index)?\.ts$/, '') === module.name)?.[1]
      if (name !== undefined) module.name = name
    }
  })
  const project = await app.convert()
  if (project === undefined) throw new Error('TypeDoc could not read the sources')
  // The adapter's class has all that Pool has, which is told there.
  for (const heir of project.getReflectionsByKind(ReflectionKind.Class) as DeclarationReflection[]) {
    const inherited = (heir.children ?? []).filter((member) => member.inheritedFrom !== undefined)
    for (const member of inherited) project.removeReflection(member)
  }
  app.validate(project)
  await app.generateOutputs(project)
  if (app.logger.hasErrors() || app.logger.hasWarnings()) throw new Error('TypeDoc is not content, see above')
  return project
}

const NAMED =
  ReflectionKind.Class |
  ReflectionKind.Interface |
  ReflectionKind.TypeAlias |
  ReflectionKind.Variable |
  ReflectionKind.Function |
  ReflectionKind.Method |
  ReflectionKind.Accessor |
  ReflectionKind.Property

/** Names of what is exported without a word about it. */
export function undocumented(project: ProjectReflection): string[] {
  return (project.getReflectionsByKind(NAMED) as DeclarationReflection[])
    .filter((item) => !speaksForItself(item) && !hasComment(item))
    .map((item) => item.getFullName())
    .sort()
}

function hasComment(item: DeclarationReflection): boolean {
  const parts = [item, ...(item.signatures ?? []), item.getSignature, item.setSignature]
  return parts.some((part) => part?.hasComment() === true)
}

function speaksForItself(item: DeclarationReflection): boolean {
  const { parent } = item
  if (item.inheritedFrom !== undefined || item.overwrites !== undefined) return true
  // A member of a type that has no name.
  if (parent?.kindOf(ReflectionKind.TypeLiteral)) return true
  // `[Symbol.asyncDispose]` and the like are the language's; the codes of a table are those of the errors.
  if (item.name.startsWith('[') || item.name.startsWith('ERR_HATCHERY_')) return true
  // An option after its defaults is the option of that name; what is ignored needs no more than that to be said of it.
  return parent !== undefined && /^(Resolved|Ignored)/.test(parent.name)
}
