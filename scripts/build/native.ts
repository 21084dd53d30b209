/** crates/node through napi-rs into dist/native/, where src/native looks first. */
import { join } from 'node:path'
import { mustRun } from '../lib/command.js'
import { step } from '../lib/fingerprint.js'
import { nativeFile } from '../lib/platform.js'
import type { BuildOptions } from './parts.js'

export const nativeFolder = join('dist', 'native')

export async function buildNative({ debug }: BuildOptions): Promise<'built' | 'fresh'> {
  const profile = debug ? [] : ['--release']
  const rustc = (await mustRun('rustc', ['--version'])).trim()
  return step(
    'native',
    {
      paths: ['crates', 'Cargo.toml', 'Cargo.lock'],
      match: /\.(rs|toml)$/,
      extra: [...profile, rustc],
    },
    [join(nativeFolder, nativeFile)],
    async () => {
      await mustRun(
        join('node_modules', '.bin', 'napi'),
        // The binding is typed by hand in src/native/types.ts: napi's own declarations go beside the binary, unread.
        [
          'build',
          '--platform',
          ...profile,
          '--package',
          'hatchery-node',
          '--manifest-path',
          'crates/node/Cargo.toml',
          '--output-dir',
          nativeFolder,
          '--no-js',
          '--dts',
          'generated.d.ts',
        ],
        { echo: true },
      )
    },
  )
}
