/** What a figure depends on besides the code: machine, Node, versions. */
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, release, totalmem } from 'node:os'
import process from 'node:process'
import type { Peer } from './adapter.js'

export interface Environment {
  date: string
  node: string
  kernel: string
  cpu: string
  cores: number
  memoryBytes: number
  packages: Record<string, string>
}

/** Read from the file itself: not every package exports its package.json. */
function versionOf(name: string): string {
  const file = new URL(`../../node_modules/${name}/package.json`, import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

export function environment(peers: readonly Peer[]): Environment {
  const packages = [...new Set(peers.flatMap((peer) => peer.package ?? []))]
  return {
    date: new Date().toISOString(),
    node: process.version,
    kernel: release(),
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    packages: Object.fromEntries(packages.map((name) => [name, versionOf(name)])),
  }
}
