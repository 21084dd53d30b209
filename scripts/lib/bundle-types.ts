/** Declarations of several entries bundled by rollup, with what they share in chunks of its own. */
import { type OutputChunk, rollup } from 'rollup'
import { dts } from 'rollup-plugin-dts'

export interface BundledTypes {
  fileName: string
  code: string
}

export async function bundleTypes(entries: Record<string, string>, extension: string): Promise<BundledTypes[]> {
  const bundle = await rollup({
    input: entries,
    external: (id) => id.startsWith('node:'),
    plugins: [dts({ tsconfig: 'tsconfig.build.json' })],
    onwarn: (warning) => {
      // An entry that only re-exports types is an empty module to rollup, which is no news here.
      if (warning.code !== 'EMPTY_BUNDLE') console.error(warning.message)
    },
  })
  const { output } = await bundle.generate({
    format: 'es',
    entryFileNames: `[name]${extension}`,
    chunkFileNames: `[name]${extension}`,
  })
  await bundle.close()
  return output
    .filter((item): item is OutputChunk => item.type === 'chunk')
    .map(({ fileName, code }) => ({ fileName, code }))
}
