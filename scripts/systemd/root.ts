/** A root file system with systemd, this package and the checks, as an image for a disk. */
import { chmodSync, copyFileSync, cpSync, mkdirSync, readdirSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { build } from 'esbuild'
import { mustRun } from '../lib/command.js'
import { debianRoot } from '../lib/debian.js'

/** What a machine boots. */
export interface MachineImage {
  readonly disk: string
  readonly kernel: string
  readonly initrd: string
}

export interface RootOptions {
  /** Where everything is put. */
  readonly folder: string
  /** Of Debian. */
  readonly suite: string
  /** The binary of Node. */
  readonly node: string
  /** Runs checks whose title is such: a regular expression. */
  readonly only: string
}

const PACKAGES = [
  ...['systemd', 'systemd-sysv', 'dbus', 'udev'],
  ...['linux-image-cloud-amd64', 'initramfs-tools', 'kmod'],
  ...['libstdc++6', 'libatomic1', 'curl', 'procps'],
]

/** Runs the checks once the machine is up, and switches it off. */
const CHECKS_UNIT = `
[Unit]
DefaultDependencies=no
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/usr/bin/node /root/checks.mjs
ExecStopPost=/usr/bin/systemctl --no-block poweroff
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS1
Environment=HOME=/root
WorkingDirectory=/root
`

export async function makeRoot({ folder, suite, node, only }: RootOptions): Promise<MachineImage> {
  const root = join(folder, 'root')
  const base = await debianRoot(suite, PACKAGES)
  mkdirSync(root)
  await mustRun('tar', ['-C', root, '--numeric-owner', '-xf', base])

  copyFileSync(realpathSync(node), join(root, 'usr/bin/node'))
  chmodSync(join(root, 'usr/bin/node'), 0o755)
  await installApplication(join(root, 'opt/app'))
  // The guide speaks of deploy/ from where one stands.
  cpSync('deploy', join(root, 'root/deploy'), { recursive: true })
  copyFileSync('docs/guide/deployment.md', join(root, 'root/deployment.md'))
  await build({
    entryPoints: [join('scripts', 'systemd', 'guest', 'main.ts')],
    outfile: join(root, 'root/checks.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    // The checks are imported for what they do.
    ignoreAnnotations: true,
    define: { ONLY: JSON.stringify(only) },
  })
  const units = join(root, 'etc/systemd/system')
  writeFileSync(join(units, 'checks.service'), CHECKS_UNIT)
  mkdirSync(join(units, 'multi-user.target.wants'), { recursive: true })
  await mustRun('ln', ['-s', '../checks.service', join(units, 'multi-user.target.wants')])
  writeFileSync(join(root, 'etc/fstab'), '/dev/vda / ext4 defaults 0 0\n')
  writeFileSync(join(root, 'etc/machine-id'), '')
  writeFileSync(join(root, 'etc/hostname'), 'machine\n')

  const disk = join(folder, 'disk.img')
  await mustRun('truncate', ['--size=2G', disk])
  await mustRun('mkfs.ext4', ['-q', '-F', '-d', root, disk])
  return { disk, kernel: join(root, bootFile(root, 'vmlinuz-')), initrd: join(root, bootFile(root, 'initrd.img-')) }
}

/** An application that depends on this package, as packed. */
async function installApplication(folder: string): Promise<void> {
  const out = join(folder, 'packed')
  mkdirSync(out, { recursive: true })
  const printed = await mustRun(process.execPath, [join('scripts', 'run.mjs'), 'pack', '--out', out])
  const tarballs = printed.split('\n').filter((line) => line.endsWith('.tgz'))
  writeFileSync(join(folder, 'package.json'), '{ "name": "app", "private": true, "type": "module" }\n')
  await mustRun('npm', ['install', '--no-audit', '--no-fund', ...tarballs], { cwd: folder })
  copyFileSync(join('scripts', 'systemd', 'guest', 'tasks.js'), join(folder, 'tasks.js'))
  writeFileSync(join(folder, 'large.js'), 'globalThis.large = Buffer.alloc(400 * 2 ** 20, 1)\n')
}

function bootFile(root: string, prefix: string): string {
  const name = readdirSync(join(root, 'boot')).find((name) => name.startsWith(prefix))
  if (name === undefined) throw new Error(`there is no ${prefix}* in /boot`)
  return join('boot', name)
}
