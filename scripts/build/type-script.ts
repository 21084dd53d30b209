/** tsc: the sources to dist/, the tests with the sources they import to .build/test/. */
import { join } from 'node:path'
import { mustRun } from '../lib/command.js'
import { step } from '../lib/fingerprint.js'

const tsc = join('node_modules', '.bin', 'tsc')
const configuration = ['tsconfig.json', 'package-lock.json']

export function buildTypeScript(): Promise<'built' | 'fresh'> {
  return step(
    'ts',
    { paths: [...configuration, 'tsconfig.build.json', 'index.ts', 'src'], match: /\.ts$/ },
    [join('dist', 'index.js'), join('dist', 'index.d.ts')],
    async () => {
      await mustRun(tsc, ['-p', 'tsconfig.build.json'])
    },
  )
}

export function buildTests(): Promise<'built' | 'fresh'> {
  return step(
    'test',
    { paths: [...configuration, 'tsconfig.test.json', 'index.ts', 'src', '__test__'], match: /\.ts$/ },
    [join('.build', 'test', '__test__')],
    async () => {
      await mustRun(tsc, ['-p', 'tsconfig.test.json'])
    },
  )
}
