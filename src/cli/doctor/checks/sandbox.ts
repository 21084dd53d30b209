import { type Check, type Machine, tried } from '../check.js'

/** What the option `sandbox` needs. */
export function sandboxChecks({ probe, read }: Machine): Check[] {
  const area = 'sandbox'
  const { landlockVersion } = probe
  const modules = read('/sys/kernel/security/lsm')?.trim()
  return [
    tried(probe.landlock, {
      id: 'landlock',
      area,
      title: 'Landlock',
      found: `version ${landlockVersion} of its interface`,
      otherwise: 'degraded',
      means: 'What sandbox.fs and sandbox.signals are made of; without it they are an error.',
      change: `Boot with lsm=landlock,… (${modules ?? 'not among the modules here'}), or allow landlock_* in the seccomp profile.`,
    }),
    tried(probe.landlockFiles, {
      id: 'sandbox-fs',
      area,
      title: 'sandbox.fs',
      otherwise: 'degraded',
      means: 'Workers open the files they were granted, and no others.',
      change: 'Use Linux 6.2 or newer (version 3), with Landlock.',
    }),
    tried(probe.landlockSignals, {
      id: 'sandbox-signals',
      area,
      title: 'sandbox.signals among children',
      otherwise: 'degraded',
      means:
        'Signals reach only what is confined with the worker. Without it sandbox.signals: false needs exec: false too.',
      change: 'Use Linux 6.12 or newer (version 6), with Landlock.',
    }),
    tried(probe.seccomp, {
      id: 'seccomp',
      area,
      title: 'seccomp, no_new_privs',
      found: probe.noNewPrivs ? 'works; this process has no_new_privs already' : 'works',
      otherwise: 'degraded',
      means:
        'What sandbox.net, exec and signals are made of; without it they are an error. Setuid programs gain nothing in it.',
      change: 'Use a kernel with CONFIG_SECCOMP_FILTER, or allow seccomp in the profile of the container.',
    }),
  ]
}
