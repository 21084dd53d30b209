import { arch, report } from 'node:process'

/** 'gnu' or 'musl': the C library that this Node was linked against. */
function cLibrary(): 'gnu' | 'musl' {
  // Without this the report would resolve addresses of open connections, which takes seconds on some networks.
  const reporting = report as typeof report & { excludeNetwork?: boolean }
  const before = reporting.excludeNetwork
  reporting.excludeNetwork = true
  const { header } = reporting.getReport() as unknown as { header?: { glibcVersionRuntime?: string } }
  if (before !== undefined) reporting.excludeNetwork = before
  return header?.glibcVersionRuntime === undefined ? 'musl' : 'gnu'
}

/**
 * Such as `linux-x64-gnu`: the end of the name of the package that holds the binary. Node's report, which tells the C library,
 * takes some milliseconds.
 */
export function platformName(): string {
  return `linux-${arch}-${cLibrary()}`
}

/** What that may be on this processor. */
export const POSSIBLE_NAMES: readonly string[] = [`linux-${arch}-gnu`, `linux-${arch}-musl`]
