/** The names of the platform packages, as napi-rs spells them. */
import process from 'node:process'

export const binaryName = 'hatchery'

/** 'gnu' or 'musl': the C library that this Node was linked against. */
export function cLibrary(): 'gnu' | 'musl' {
  const report = process.report?.getReport() as unknown as { header?: { glibcVersionRuntime?: string } } | undefined
  return report?.header?.glibcVersionRuntime === undefined ? 'musl' : 'gnu'
}

/** Such as linux-x64-gnu: the folder under npm/ and the end of the package's name. */
export const platformName = `linux-${process.arch}-${cLibrary()}`

export const nativeFile = `${binaryName}.${platformName}.node`
