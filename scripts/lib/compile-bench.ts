/** Compiles benches/js/ into benches/js/.build/, from where the peers' node_modules are found. */
import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'

/** Gives the compiled program's path. */
export async function compileBench(folder: string, name: string): Promise<string> {
  const outdir = join(folder, '.build')
  const sources = (sub: string): string[] =>
    readdirSync(join(folder, sub))
      .filter((file) => file.endsWith('.ts'))
      .map((file) => join(folder, sub, file))
  const common = {
    outbase: folder,
    outdir,
    platform: 'node',
    target: 'node20',
    tsconfigRaw: {},
    logLevel: 'warning',
  } as const
  await build({
    ...common,
    entryPoints: ['', 'charts', 'harness', 'measure', 'peers', 'workers']
      .flatMap(sources)
      .filter((file) => file !== join(folder, `${name}.ts`) || name === 'main'),
    format: 'esm',
  })
  if (name !== 'main') {
    // A program that imports the sources themselves by path is bundled with them.
    await build({
      ...common,
      entryPoints: [join(folder, `${name}.ts`)],
      bundle: true,
      packages: 'external',
      format: 'esm',
    })
  }
  await build({
    ...common,
    entryPoints: sources('workers').filter((file) => file.includes('poolifier')),
    outExtension: { '.js': '.cjs' },
    bundle: true,
    packages: 'external',
    format: 'cjs',
    define: { 'import.meta.url': '__filename' },
  })
  return resolve(outdir, `${name}.js`)
}
