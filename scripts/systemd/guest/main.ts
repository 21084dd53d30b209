/** Runs inside of the machine: installs the service as the guide says, and tries it. Prints to the terminal it is given. */
import './checks/install.js'
import './checks/confinement.js'
import './checks/sandbox.js'
import './checks/journal.js'
import './checks/reload.js'
import './checks/watchdog.js'
import './checks/groups.js'
import './checks/stop.js'
import './checks/kernel.js'
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { runChecks } from './report.js'
import { journal, run } from './service.js'

console.log(readFileSync('/proc/version', 'utf8').trim())
console.log(run('systemctl', '--version').split('\n')[0])
console.log(`controllers: ${readFileSync('/sys/fs/cgroup/cgroup.controllers', 'utf8').trim()}`)
console.log(`Node ${process.version}`)
await runChecks(() =>
  journal()
    .slice(-15)
    .map(({ SYSLOG_IDENTIFIER, MESSAGE }) => `${SYSLOG_IDENTIFIER}: ${MESSAGE}`)
    .join('\n'),
)
