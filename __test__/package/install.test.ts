/** The tarballs, installed as a user would on a machine without Rust. */
import { execFile } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import test from 'ava'

const run = promisify(execFile)
const root = process.cwd()
const fixtures = join(root, '__test__', 'package', 'fixtures')
const platform = `linux-${process.arch}-gnu`

/** Node's own folder and the system's; not cargo's. */
const path = [dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter)
const { HATCHERY_NATIVE: _, ...inherited } = process.env
const environment = { ...inherited, PATH: path, npm_config_update_notifier: 'false' }

const folders: string[] = []
let tarballs: string[] = []

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hatchery-package-'))
  folders.push(folder)
  return folder
}

/** A folder with these tarballs installed, from the files alone, and the fixtures beside them. */
async function install(files: readonly string[]): Promise<string> {
  const folder = emptyFolder()
  writeFileSync(join(folder, 'package.json'), '{ "name": "consumer", "private": true }')
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', ...files], { cwd: folder, env: environment })
  for (const fixture of readdirSync(fixtures)) copyFileSync(join(fixtures, fixture), join(folder, fixture))
  return folder
}

test.before('pack', async (t) => {
  t.timeout(600_000)
  const out = emptyFolder()
  const { stdout } = await run(process.execPath, ['scripts/run.mjs', 'pack', '--out', out], { cwd: root })
  tarballs = stdout.trim().split('\n')
  t.is(tarballs.length, 2)
})

test.after.always('clean up', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

test.serial('there is no Rust on the path that the other tests use', (t) => {
  for (const folder of path.split(delimiter)) t.false(existsSync(join(folder, 'cargo')), folder)
})

test.serial('runs a task from an ES module and from CommonJS', async (t) => {
  const folder = await install(tarballs)
  for (const file of ['consumer.mjs', 'consumer.cjs']) {
    const { stdout } = await run(process.execPath, [file], { cwd: folder, env: environment })
    const { answer, pid, host } = JSON.parse(stdout)
    t.is(answer, 42, file)
    t.not(pid, host, `${file}: the task ran in a process of its own`)
  }
})

test.serial('every entry loads from an ES module and from CommonJS, with the same exports', async (t) => {
  const folder = await install(tarballs)
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const names = Object.keys(exports).filter((name) => typeof exports[name] === 'object')
  t.true(names.length >= 7)
  for (const name of names) {
    const specifier = JSON.stringify(`hatchery${name.slice(1)}`)
    const print = 'console.log(JSON.stringify(Object.keys(entry).filter((key) => key !== "__esModule").sort()))'
    const load = async (...args: string[]) =>
      (await run(process.execPath, args, { cwd: folder, env: environment })).stdout
    const required = await load('--input-type=commonjs', '-e', `const entry = require(${specifier}); ${print}`)
    const imported = await load('--input-type=module', '-e', `const entry = await import(${specifier}); ${print}`)
    t.is(required, imported, name)
    t.not(required.trim(), '[]', name)
  }
})

test.serial('its declarations serve ES modules and CommonJS', async (t) => {
  const folder = await install(tarballs)
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const flags = [
    '--noEmit',
    '--strict',
    '--exactOptionalPropertyTypes',
    '--target',
    'es2022',
    '--module',
    'nodenext',
    '--types',
    'node',
  ]
  const libraries = ['--lib', 'es2023,esnext.disposable', '--typeRoots', join(root, 'node_modules', '@types')]
  const sources = ['consumer-types.mts', 'consumer-types.cts']
  await t.notThrowsAsync(
    run(process.execPath, [tsc, ...flags, ...libraries, ...sources], { cwd: folder }).catch((error) => {
      throw new Error(error.stdout)
    }),
  )
})

test.serial('what its pages link to is there', async (t) => {
  const names = new Set((await run('tar', ['-tzf', tarballs[0] ?? ''])).stdout.trim().split('\n'))
  const folders = new Set(
    [...names].flatMap((name) => [...name.matchAll(/\//g)].map(({ index }) => name.slice(0, index))),
  )
  const pages = [...names].filter((name) => name.endsWith('.md'))
  t.true(pages.length > 20)
  const dead = pages.flatMap((page) => {
    const text = readFileSync(join(root, page.slice('package/'.length)), 'utf8').replace(/^(```|~~~)[\s\S]*?^\1/gm, '')
    const targets = [...text.matchAll(/\]\(([^)\s#]+)/g)].map(([, target]) => target!)
    const local = targets.filter((target) => !/^[a-z]+:/.test(target)).map((target) => join(dirname(page), target))
    return local.filter((path) => !names.has(path) && !folders.has(path.replace(/\/$/, ''))).map((path) => [page, path])
  })
  t.deepEqual(dead, [])
})

test.serial('the tarball holds no sources, no binary and no tests', async (t) => {
  const { stdout } = await run('tar', ['-tzf', tarballs[0] ?? ''])
  const names = stdout.trim().split('\n')
  t.true(names.includes('package/dist/index.js'))
  t.true(names.includes('package/dist/src/zygote/main.js'))
  t.true(names.includes('package/LICENSE'))
  t.deepEqual(
    names.filter((name) => /\.node$|__test__|tsbuildinfo|(?<!\.d)\.[mc]?ts$/.test(name)),
    [],
  )
})

test.serial('without the binary the error names the platform', async (t) => {
  const folder = await install(tarballs.slice(0, 1))
  const { stdout } = await run(process.execPath, ['missing-binary.mjs'], { cwd: folder, env: environment })
  const { code, message } = JSON.parse(stdout)
  t.is(code, 'ERR_HATCHERY_PLATFORM_UNSUPPORTED')
  t.true(message.includes(platform), message)
})

test.serial('every platform package has the version of the package', (t) => {
  const read = (file: string) => JSON.parse(readFileSync(join(root, file), 'utf8'))
  const { version, napi } = read('package.json')
  const packages = readdirSync(join(root, 'npm')).map((folder) => read(join('npm', folder, 'package.json')))
  t.is(packages.length, napi.targets.length)
  for (const platformPackage of packages) t.is(platformPackage.version, version, platformPackage.name)
})
