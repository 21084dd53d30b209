/** What `probeMachine` of the addon answers; crates/sys/src/probe.rs has the trials. */

/** Whether something could be done; `error`: what the kernel said. */
export type Tried = { readonly ok: true } | { readonly ok: false; readonly error: string }

/** A limit of this process; `null`: none. */
interface Limit {
  readonly soft: number | null
  readonly hard: number | null
}

export interface MachineProbe {
  readonly memfd: Tried
  readonly memfdSealWrites: Tried
  readonly pidfd: Tried
  /** eventfd and timerfd. */
  readonly events: Tried
  readonly landlock: Tried
  /** 0: none. */
  readonly landlockVersion: number
  readonly landlockFiles: Tried
  readonly landlockSignals: Tried
  readonly seccomp: Tried
  /** This process has given up the way to new privileges. */
  readonly noNewPrivs: boolean
  /** A huge page can be made of small ones. */
  readonly collapse: Tried
  readonly processors: readonly number[]
  /** Whole processors that control groups grant; `null`: any number. */
  readonly processorLimit: number | null
  readonly defaultParallelism: number
  /** Bytes; `null`: the kernel does not say. */
  readonly memory: { readonly total: number; readonly available: number } | null
  readonly files: Limit
  readonly processes: Limit
  /** The control group below which workers could have groups of their own. */
  readonly leaves:
    | { readonly ok: true; readonly folder: string; readonly controllers: readonly string[] }
    | { readonly ok: false; readonly error: string }
  /** Lines of `io.max` of the own control groups. */
  readonly ioLimits: readonly string[]
}
