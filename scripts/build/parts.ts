/** The parts of the build and their order. */
import { buildCommonJs } from './common-js.js'
import { buildCommonJsTypes } from './common-js-types.js'
import { buildNative } from './native.js'
import { buildTests, buildTypeScript } from './type-script.js'

export interface BuildOptions {
  /** Build the native addon without optimisation. */
  debug: boolean
}

const builders = {
  native: buildNative,
  ts: buildTypeScript,
  cjs: buildCommonJs,
  types: buildCommonJsTypes,
  test: buildTests,
} satisfies Record<string, (options: BuildOptions) => Promise<'built' | 'fresh'>>

export type BuildPart = keyof typeof builders

/** What a package needs; the compiled tests are only built for a test run. */
export const defaultParts: BuildPart[] = ['native', 'ts', 'cjs', 'types']

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
