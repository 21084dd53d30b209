/**
 * `npm run image`: builds deploy/docker's image without Docker, and tries it in a container: process 1, nobody's rights, read-only, the
 * seccomp profile that Docker and Podman have by default. No registry of images is needed: for those that the Dockerfile
 * begins with there are stand-ins, Debian with Node and npm, and Node with its libraries and nothing else. Needs root, and
 * Debian's mmdebstrap, buildah, crun and golang-github-containers-common.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { makeApplication } from './image/application.js'
import { makeBases } from './image/bases.js'
import { Builder } from './image/builder.js'
import { tryImage } from './image/checks.js'

const folder = mkdtempSync(join(tmpdir(), 'hatchery-image-'))
try {
  const builder = new Builder(join(folder, 'storage'))
  const bases = await makeBases(builder, folder)
  const application = await makeApplication(join(folder, 'app'))
  const image = await builder.build({
    folder: application.folder,
    // As the guide says.
    file: join('node_modules', 'hatchery', 'deploy', 'docker', 'Dockerfile'),
    args: { BUILD_IMAGE: bases.build, RUNTIME_IMAGE: bases.runtime },
    volumes: [`${application.cache}:/root/.npm`],
  })
  await tryImage(builder, image, folder)
} catch (error) {
  console.error(error)
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
