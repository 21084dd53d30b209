/** The parts of the build and their order. */
import { join } from 'node:path'
import { buildCommonJs } from './common-js.js'
import { buildCommonJsTypes } from './common-js-types.js'
import { buildNative } from './native.js'
import { buildPage } from './page.js'
import { buildTests, buildTypeScript } from './type-script.js'
import { buildValidator } from './validator.js'

export interface BuildOptions {
  /** Build the native addon without optimisation. */
  debug: boolean
}

const builders = {
  native: buildNative,
  ts: () => inTurn(buildTypeScript, () => buildValidator('dist')),
  cjs: buildCommonJs,
  types: buildCommonJsTypes,
  page: buildPage,
  test: () => inTurn(buildTests, () => buildValidator(join('.build', 'test'))),
} satisfies Record<string, (options: BuildOptions) => Promise<'built' | 'fresh'>>

export type BuildPart = keyof typeof builders

/** Two builders that make one part. */
async function inTurn(...builders: (() => Promise<'built' | 'fresh'>)[]): Promise<'built' | 'fresh'> {
  const outcomes: ('built' | 'fresh')[] = []
  for (const builder of builders) outcomes.push(await builder())
  return outcomes.includes('built') ? 'built' : 'fresh'
}

/** What a package needs; the compiled tests are only built for a test run. */
export const defaultParts: BuildPart[] = ['native', 'ts', 'cjs', 'types', 'page']

export function isBuildPart(name: string): name is BuildPart {
  return Object.hasOwn(builders, name)
}

/** One after the other: types and cjs read what ts wrote. Throws at the first that fails. */
export async function buildParts(parts: readonly BuildPart[], options: BuildOptions = { debug: false }): Promise<void> {
  for (const part of parts) {
    const started = performance.now()
    const outcome = await builders[part](options)
    if (outcome === 'built') console.error(`built ${part} in ${((performance.now() - started) / 1000).toFixed(1)} s`)
  }
}
