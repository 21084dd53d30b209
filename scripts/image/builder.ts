import { mustRun } from '../lib/command.js'

/** What is built, and where from. */
export interface Build {
  readonly folder: string
  /** In the folder. */
  readonly file: string
  readonly args?: Readonly<Record<string, string>>
  /** `PATH:PATH`, while it is built. */
  readonly volumes?: readonly string[]
}

/** What an image says of its containers. */
export interface ImageConfig {
  readonly User: string
  readonly Env: readonly string[]
  readonly Entrypoint: readonly string[]
  readonly Cmd: readonly string[]
  readonly WorkingDir: string
  readonly StopSignal: string
  readonly Healthcheck: { readonly Test: readonly string[] }
}

/** buildah, with storage of its own. */
export class Builder {
  readonly #global: readonly string[]

  /** @param storage a folder */
  constructor(storage: string) {
    this.#global = ['--root', storage, '--runroot', `${storage}-run`, '--storage-driver', 'vfs']
  }

  /** Returns what names the image. */
  async build({ folder, file, args = {}, volumes = [] }: Build): Promise<string> {
    const output = await this.#run(
      // Without a cgroup of its own, a network or whatever else a container may be refused.
      ...['build', '--isolation', 'chroot', '--pull-never', '--quiet', '--format', 'docker', '--file', file],
      ...Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
      ...volumes.flatMap((volume) => ['--volume', volume]),
      folder,
    )
    return output.trim().split('\n').at(-1)!
  }

  /** A folder with the image's files. */
  async mount(image: string): Promise<string> {
    const container = (await this.#run('from', '--pull-never', image)).trim()
    return (await this.#run('mount', container)).trim()
  }

  async config(image: string): Promise<ImageConfig> {
    return JSON.parse(await this.#run('inspect', '--type', 'image', image)).Docker.config
  }

  #run(...args: string[]): Promise<string> {
    return mustRun('buildah', [...this.#global, ...args])
  }
}
