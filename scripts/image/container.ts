/** A container by crun, as Docker and Kubernetes would make it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { runCommand } from '../lib/command.js'
import type { ImageConfig } from './builder.js'

/** The profile that containers have unless somebody says otherwise; Docker's is its ancestor. */
const SECCOMP = '/usr/share/containers/seccomp.json'

/** crun wants control groups of version 2 alone, so it gets to see such a file system. */
const CRUN = 'mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec crun "$@"'

export interface ContainerOptions {
  /** The image's files. */
  readonly root: string
  readonly config: ImageConfig
  /** Where its description is put. */
  readonly folder: string
  /** Of this machine, by path in the container: read-only. */
  readonly files: Readonly<Record<string, string>>
  /** Folders to write to. */
  readonly temporary: readonly string[]
}

export class Container {
  readonly #folder: string
  readonly #process: ChildProcess
  readonly ended: Promise<number | null>
  output = ''

  constructor({ root, config, folder, files, temporary }: ContainerOptions) {
    this.#folder = folder
    mkdirSync(folder)
    const [uid, gid] = config.User.split(':').map(Number)
    const description = {
      ociVersion: '1.0.0',
      root: { path: root, readonly: true },
      hostname: 'container',
      process: {
        args: [...config.Entrypoint, ...config.Cmd],
        env: config.Env,
        cwd: config.WorkingDir,
        user: { uid, gid },
        noNewPrivileges: true,
        capabilities: {},
      },
      mounts: [
        { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
        { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'strictatime', 'mode=755'] },
        ...temporary.map((destination) => ({
          ...{ destination, type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'nodev', 'mode=1777'] },
        })),
        ...Object.entries(files).map(([destination, source]) => ({
          ...{ destination, type: 'bind', source, options: ['bind', 'ro'] },
        })),
      ],
      linux: {
        // The network is this machine's, so that the ports can be asked.
        namespaces: ['pid', 'ipc', 'uts', 'mount'].map((type) => ({ type })),
        seccomp: seccomp(),
      },
    }
    writeFileSync(join(folder, 'config.json'), JSON.stringify(description))
    this.#process = spawn('unshare', this.#crun('run', '--bundle', folder, 'pool'))
    for (const stream of [this.#process.stdout!, this.#process.stderr!])
      stream.on('data', (chunk) => {
        this.output += chunk
      })
    this.ended = new Promise((resolve) => this.#process.once('close', resolve))
  }

  /** The number that its first process has on this machine. */
  async pid(): Promise<number> {
    const { output } = await runCommand('unshare', this.#crun('state', 'pool'))
    return JSON.parse(output).pid
  }

  /** Runs a program beside it; the exit code. */
  async execute(...command: string[]): Promise<number> {
    return (await runCommand('unshare', this.#crun('exec', 'pool', ...command))).code
  }

  async kill(): Promise<void> {
    await runCommand('unshare', this.#crun('kill', 'pool', 'KILL'))
    await this.ended
  }

  #crun(...args: string[]): string[] {
    return ['--mount', 'sh', '-c', CRUN, 'crun', '--root', `${this.#folder}-state`, ...args]
  }
}

interface Rule {
  readonly names: string[]
  readonly action: string
  readonly args: unknown[]
  readonly includes: { caps?: string[]; arches?: string[]; minKernel?: string }
  readonly excludes: { caps?: string[]; arches?: string[] }
  readonly errnoRet?: number
}

/** The profile's rules for a container without capabilities, on this kind of processor. */
function seccomp(): object {
  const { defaultAction, defaultErrnoRet, syscalls } = JSON.parse(readFileSync(SECCOMP, 'utf8'))
  const [arch, architectures] =
    process.arch === 'arm64' ? ['arm64', ['SCMP_ARCH_AARCH64']] : ['amd64', ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86']]
  const rules = (syscalls as Rule[]).filter(
    ({ includes, excludes }) =>
      !includes.caps?.length && (includes.arches?.includes(arch) ?? true) && !excludes.arches?.includes(arch),
  )
  return {
    ...{ defaultAction, defaultErrnoRet, architectures },
    syscalls: rules.map(({ names, action, args, errnoRet }) => ({ names, action, args, errnoRet })),
  }
}
