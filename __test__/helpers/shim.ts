/**
 * A machine that plays tricks: a library that stands between programs and libc (LD_PRELOAD), steered by a page of shared
 * memory. It shifts the wall clock, refuses forks, and reaps children that are not its own.
 */
import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

/** Offsets in the page. */
const SHIFT = 0
const REFUSE = 8
const REFUSED = 16

const SOURCE = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct { int64_t shift; int32_t refuse; int32_t count; int32_t refused; } nothing, *page = &nothing;

static void reap_all(int signal) {
  int before = errno;
  while (waitpid(-1, 0, WNOHANG) > 0);
  errno = before;
}

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("HATCHERY_SHIM");
  int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (fd < 0) return;
  void *memory = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (memory != MAP_FAILED) page = memory;
  if (getenv("HATCHERY_SHIM_REAPS")) {
    struct sigaction action = { .sa_handler = reap_all, .sa_flags = SA_RESTART | SA_NOCLDSTOP };
    sigaction(SIGCHLD, &action, 0);
  }
}

/* Whether this one is refused. */
static int refuses(void) {
  if (page->count <= 0 || __sync_fetch_and_sub(&page->count, 1) <= 0) return 0;
  __sync_fetch_and_add(&page->refused, 1);
  return page->refuse;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

pid_t fork(void) {
  int refusal = refuses();
  if (refusal) { errno = refusal; return -1; }
  return REAL(fork)();
}

int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
                 const posix_spawnattr_t *attributes, char *const argv[], char *const environment[]) {
  int refusal = refuses();
  return refusal ? refusal : REAL(posix_spawnp)(pid, file, actions, attributes, argv, environment);
}

static int64_t shifted_now(void) {
  struct timespec now;
  syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec + page->shift;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE) return syscall(SYS_clock_gettime, clock, now);
  int64_t shifted = shifted_now();
  now->tv_sec = shifted / 1000000000;
  now->tv_nsec = shifted % 1000000000;
  return 0;
}

int gettimeofday(struct timeval *now, void *zone) {
  int64_t shifted = shifted_now();
  now->tv_sec = shifted / 1000000000;
  now->tv_usec = shifted % 1000000000 / 1000;
  return 0;
}

time_t time(time_t *result) {
  time_t now = shifted_now() / 1000000000;
  if (result) *result = now;
  return now;
}
`

/** What steers the library, for whoever has its path: tests, and the programs that are tricked. */
export class ShimPage implements Disposable {
  readonly #page: number

  constructor(path: string | undefined) {
    if (path === undefined) throw new Error('HATCHERY_SHIM is not set')
    this.#page = openSync(path, 'r+')
  }

  /** Shifts the wall clock by so many milliseconds. */
  shiftClock(milliseconds: number): void {
    const words = new BigInt64Array([BigInt(milliseconds) * 1_000_000n])
    writeSync(this.#page, new Uint8Array(words.buffer), 0, 8, SHIFT)
  }

  /** Refuses so many forks, or starts of programs, from now on. */
  refuseForks(code: keyof typeof constants.errno, count: number): void {
    const words = new Int32Array([constants.errno[code], count, 0])
    writeSync(this.#page, new Uint8Array(words.buffer), 0, 12, REFUSE)
  }

  /** How many have been refused since. */
  get refused(): number {
    const word = new Int32Array(1)
    readSync(this.#page, new Uint8Array(word.buffer), 0, 4, REFUSED)
    return word[0]!
  }

  [Symbol.dispose](): void {
    closeSync(this.#page)
  }
}

/** The library. See the module's description. */
export class Shim implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'hatchery-shim-'))
  readonly #path = join(this.#folder, 'page')
  readonly #library = join(this.#folder, 'shim.so')

  constructor() {
    const compiler = spawnSync('cc', ['-shared', '-fPIC', '-O1', '-o', this.#library, '-x', 'c', '-', '-ldl'], {
      input: SOURCE,
      encoding: 'utf8',
    })
    if (compiler.status !== 0)
      throw new Error(`this test needs a C compiler: ${String(compiler.error ?? compiler.stderr)}`)
    writeFileSync(this.#path, new Uint8Array(4096))
  }

  /** The environment of a program to be tricked; what that starts is, too. `reaps`: it has all its children reaped. */
  environment(reaps = false): NodeJS.ProcessEnv {
    const tricks = { LD_PRELOAD: this.#library, HATCHERY_SHIM: this.#path }
    return { ...process.env, ...tricks, ...(reaps && { HATCHERY_SHIM_REAPS: '1' }) }
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
