import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { env, platform } from 'node:process'
import { ERROR_CODES, HatcheryError } from '../errors/index.js'
import { packageRoot } from './package-root.js'
import { POSSIBLE_NAMES, platformName } from './platform.js'
import type { NativeBinding } from './types.js'

let loaded: NativeBinding | undefined

/**
 * Loads the addon: from the file that the environment variable HATCHERY_NATIVE names, from this package's own build,
 * or from the package for this platform.
 *
 * @throws ERR_HATCHERY_PLATFORM_UNSUPPORTED
 */
export function loadNative(): NativeBinding {
  loaded ??= load()
  return loaded
}

function load(): NativeBinding {
  const override = env['HATCHERY_NATIVE']
  if (override !== undefined && override !== '') return require(override)
  if (platform !== 'linux') {
    throw unsupported(`Hatchery runs on Linux only; this is ${platform}.`)
  }
  const own = chosen(POSSIBLE_NAMES.filter((name) => existsSync(ownFile(name))))
  if (own !== undefined) return require(ownFile(own))
  return require(packageName(chosen(POSSIBLE_NAMES.filter(isInstalled)) ?? platformName()))
}

/** Of binaries that are there the one for this platform; asking which one that is costs every start, and mostly it is the only one. */
function chosen(names: readonly string[]): string | undefined {
  if (names.length < 2) return names[0]
  const name = platformName()
  return names.includes(name) ? name : undefined
}

function ownFile(name: string): string {
  return join(packageRoot(), 'dist', 'native', `hatchery.${name}.node`)
}

function packageName(name: string): string {
  return `hatchery-${name}`
}

function isInstalled(name: string): boolean {
  try {
    requireHere().resolve(packageName(name))
    return true
  } catch {
    return false
  }
}

function requireHere(): NodeJS.Require {
  return createRequire(join(packageRoot(), 'package.json'))
}

function require(file: string): NativeBinding {
  try {
    return requireHere()(file) as NativeBinding
  } catch (cause) {
    const name = platformName()
    throw unsupported(
      `There is no working native binary for ${name} (tried ${file}). Install the package hatchery-${name}, which ` +
        'npm leaves out with --omit=optional, or build it: npm run build:native in a clone of the repository.',
      cause,
    )
  }
}

function unsupported(message: string, cause?: unknown): HatcheryError {
  return new HatcheryError(
    ERROR_CODES.PLATFORM_UNSUPPORTED,
    message,
    undefined,
    cause === undefined ? undefined : { cause },
  )
}
