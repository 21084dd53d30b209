import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { env, platform } from 'node:process'
import { ERROR_CODES, HatcheryError } from '../errors/index.js'
import { packageRoot } from './package-root.js'
import { platformName } from './platform.js'
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
  const name = platformName()
  const own = join(packageRoot(), 'dist', 'native', `hatchery.${name}.node`)
  return require(existsSync(own) ? own : `hatchery-${name}`)
}

function require(file: string): NativeBinding {
  try {
    return createRequire(join(packageRoot(), 'package.json'))(file) as NativeBinding
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
