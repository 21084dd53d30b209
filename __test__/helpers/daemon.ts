import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { type Client, connect } from 'hatchery/client'
import { until } from './until.js'

/** The command line as it is installed. */
export const CLI = join(process.cwd(), 'dist', 'src', 'cli', 'main.js')

const TASKS = fileURLToPath(new URL('../service/fixtures/tasks.js', import.meta.url))

/** Far more than anything here takes on a loaded machine. */
const LIMIT = 20_000

/** A folder of its own for sockets and files. */
export class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'hatchery-daemon-'))

  file(name: string): string {
    return join(this.path, name)
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}

/** A call of `hatchery`. */
export class Program {
  readonly process: ChildProcess
  readonly #ended: Promise<number | string>
  output = ''
  errors = ''

  /** @param program what is called with `args`; default `hatchery` */
  constructor(
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
    program: readonly string[] = [process.execPath, CLI],
  ) {
    const [command, ...before] = program
    // Several run at a time, and the ports of metrics and health are fixed unless somebody says otherwise.
    const ports = { HATCHERY_MONITORING_METRICS_PORT: 'false', HATCHERY_MONITORING_HEALTH_CHECK_PORT: 'false' }
    this.process = spawn(command!, [...before, ...args], { env: { ...process.env, ...ports, ...env } })
    this.process.stdout!.on('data', (chunk) => {
      this.output += chunk
    })
    this.process.stderr!.on('data', (chunk) => {
      this.errors += chunk
    })
    this.#ended = new Promise((resolve) => {
      this.process.once('close', (code, signal) => resolve(code ?? signal!))
    })
  }

  /** Exit code, or signal. */
  get ended(): Promise<number | string> {
    return this.#ended
  }

  /** What it has logged. */
  get log(): Record<string, any>[] {
    const lines = this.output.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'))
    return lines.map((line) => JSON.parse(line))
  }

  /** Waits for an entry of its log. */
  async says(text: string): Promise<Record<string, any>> {
    const found = () => this.log.find((entry) => String(entry['msg']).includes(text))
    try {
      return (await until(found, LIMIT, `the daemon says "${text}"`))!
    } catch (error) {
      throw new Error(`${(error as Error).message}; it said ${this.output}${this.errors}`)
    }
  }
}

/** A call of `hatchery`, to its end. */
export async function runProgram(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ code: number | string; output: string; errors: string }> {
  const program = new Program(args, env)
  return { code: await program.ended, output: program.output, errors: program.errors }
}

/** How a daemon is started. */
interface DaemonOptions {
  readonly env?: NodeJS.ProcessEnv
  readonly folder?: Folder
  /** What runs Node, with `hatchery` behind it; default Node alone. */
  readonly program?: readonly string[]
}

/** A daemon with the tasks of the fixture, on a socket of its own. */
export class Daemon extends Program implements AsyncDisposable {
  readonly folder: Folder
  readonly client: Client
  readonly socket: string

  constructor(args: readonly string[] = [], { env = {}, folder = new Folder(), program }: DaemonOptions = {}) {
    const socket = folder.file('pool.sock')
    super(['serve', TASKS, '--socket', socket, '--max-workers', '1', ...args], env, program && [...program, CLI])
    this.folder = folder
    this.socket = socket
    this.client = connect(socket)
  }

  /** One that is up. */
  static async start(args: readonly string[] = [], options: DaemonOptions = {}): Promise<Daemon> {
    const daemon = new Daemon(args, options)
    try {
      await daemon.says('the daemon is ready')
    } catch (error) {
      await daemon[Symbol.asyncDispose]()
      throw error
    }
    return daemon
  }

  /** Its first URL. */
  get url(): string {
    const ready = this.log.find(({ msg }) => String(msg).includes('the daemon is ready'))
    return ready!['addresses'].find((address: string) => address.startsWith('http'))
  }

  /** A request to its socket. */
  request(path: string, init: RequestOptions = {}): Promise<Answer> {
    return curl(['--unix-socket', this.socket], `http://daemon${path}`, init)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.close()
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill('SIGKILL')
    await this.ended
    this.folder[Symbol.dispose]()
  }
}

/** Parts of a request. */
export interface RequestOptions {
  readonly method?: string
  readonly json?: unknown
  readonly body?: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
}

/** What came of it. */
export interface Answer {
  readonly status: number
  readonly headers: string
  readonly body: Buffer
  readonly json: any
}

/** A request by curl: not by the client that is under test. */
export async function curl(
  to: readonly string[],
  url: string,
  { method, json, body, headers = {} }: RequestOptions,
): Promise<Answer> {
  const data = json === undefined ? body : JSON.stringify(json)
  const all = { ...(json !== undefined && { 'content-type': 'application/json' }), ...headers }
  const child = spawn('curl', [
    '--silent',
    '--show-error',
    '--include',
    '--max-time',
    '20',
    ...to,
    ...(method === undefined ? [] : ['--request', method]),
    ...(data === undefined ? [] : ['--data-binary', '@-']),
    ...Object.entries(all).flatMap(([name, value]) => ['--header', `${name}: ${value}`]),
    url,
  ])
  let errors = ''
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk) => chunks.push(chunk))
  child.stderr.on('data', (chunk) => {
    errors += chunk
  })
  child.stdin.on('error', () => {})
  child.stdin.end(data)
  const code = await new Promise((resolve, reject) => {
    child.once('close', resolve)
    child.once('error', (error) => reject(new Error('curl is missing: apt-get install curl', { cause: error })))
  })
  if (code !== 0) throw new Error(`curl: ${errors}`)
  let answer = Buffer.concat(chunks)
  // What comes before the answer proper, such as 100 Continue.
  while (/^HTTP\/1\.1 1\d\d/.test(answer.toString('latin1', 0, 12))) answer = answer.subarray(endOfHead(answer))
  const head = answer.toString('latin1', 0, endOfHead(answer))
  const content = answer.subarray(endOfHead(answer))
  const isJson = /^content-type: application\/json/im.test(head)
  return {
    status: Number(head.slice(9, 12)),
    headers: head.toLowerCase(),
    body: content,
    json: isJson ? JSON.parse(content.toString()) : undefined,
  }
}

function endOfHead(answer: Buffer): number {
  return answer.indexOf('\r\n\r\n') + 4
}
