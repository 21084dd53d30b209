/** Which numbers are printed in which table. */
import { promisedSize } from '../measure/payload.js'
import { megabytes, oneDigit, twoDigits, whole } from './format.js'
import { pointName } from './measurement.js'

export interface Column {
  title: string
  number: string
  format(value: number): string
}

export interface Table {
  columns: readonly Column[]
  legend: string
}

export const tables: readonly Table[] = [
  {
    columns: [
      { title: 'tasks/s', number: 'tasksPerSecond', format: whole },
      { title: 'CPU s/100k', number: 'cpuSecondsPer100k', format: twoDigits },
      { title: 'objects/s', number: 'objectsPerSecond', format: whole },
      { title: '1 MiB: MB/s', number: pointName('payloadBytesPerSecond', promisedSize), format: megabytes },
      { title: 'p50 us', number: 'p50', format: oneDigit },
      { title: 'p99 us', number: 'p99', format: oneDigit },
    ],
    legend: `tasks/s      20-byte echo, 1000 in flight, 2 workers
CPU s/100k   processor seconds of all processes for 100 000 of those tasks
objects/s    the same with an object of 6 fields
1 MiB        a Buffer of that size echoed, 16 in flight, 2 workers (bytes counted once)
p50, p99     20-byte echo, one task after the other, 1 worker`,
  },
  {
    columns: [
      { title: 'start ms', number: 'startMilliseconds', format: oneDigit },
      { title: 'worker ms', number: 'workerStartMilliseconds', format: twoDigits },
      { title: 'spare us', number: 'replacementP50', format: whole },
      { title: 'none us', number: 'replacementUnsparedP50', format: whole },
      { title: 'then us', number: 'replacementSecondP50', format: whole },
      { title: 'PSS MB', number: 'pssPerWorker', format: megabytes },
      { title: 'private MB', number: 'privatePerWorker', format: megabytes },
      { title: 'all MB', number: 'allPerWorker', format: megabytes },
    ],
    legend: `start        from new Pool to the first result, 1 worker
worker       the pool being up: from a task that needs a new worker to its result, typescript loaded
spare, none  from a worker's death being told to the next result, its place taken by a spare, or by a worker that has to start
then         one more task of that spare
PSS, private a worker process with typescript loaded, 8 workers, idle; a MB is 2^20 bytes
all          everything the pool added to the system's memory, divided by its 8 workers (its zygote too)`,
  },
  {
    columns: [
      { title: 'sync p50 us', number: 'syncP50', format: oneDigit },
      { title: 'sync p99 us', number: 'syncP99', format: oneDigit },
      { title: '64 MiB us', number: 'handleP50', format: oneDigit },
      { title: '20 B us', number: 'handleTextP50', format: oneDigit },
      { title: 'B/queued', number: 'bytesPerQueuedTask', format: oneDigit },
      { title: 'host wakes/s', number: 'idleHostWakeups', format: twoDigits },
      { title: 'child wakes/s', number: 'idleChildWakeups', format: twoDigits },
      { title: 'timed 1/s', number: 'timedTasksPerSecond', format: whole },
      { title: 'untimed', number: 'untimedTasksPerSecond', format: whole },
      { title: 'idle CPU %', number: 'idleCpuPercent', format: (value) => value.toFixed(3) },
    ],
    legend: `sync         20-byte echo by a blocking call, 1 worker
64 MiB, 20 B round trips by turns of a block of pool.alloc and of a short string, 1 worker, p50
B/queued     memory of the host for each of 1 000 000 tasks that wait, beyond the bytes of the value
wakes, CPU   an idle pool of 2 workers: context switches of the host and of its busiest child, processor time of all
timed, un-   tasks/s as above with recordTiming and without, two pools by turns`,
  },
]
