import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../native/package-root.js'
import type { Route } from '../http/router.js'

/** The files of the page, as the build makes them, and where they are served. */
const FILES = [
  ['/', 'index.html', 'text/html; charset=utf-8'],
  ['/ui', 'index.html', 'text/html; charset=utf-8'],
  ['/ui/', 'index.html', 'text/html; charset=utf-8'],
  ['/ui/dashboard.js', 'dashboard.js', 'text/javascript; charset=utf-8'],
  ['/ui/dashboard.css', 'dashboard.css', 'text/css; charset=utf-8'],
] as const

/** The page loads what is its own, and talks to the daemon that it came from; nothing else, and in nobody's frame. */
const HEADERS = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; '),
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

/** That of this package. */
export function packageVersion(): string {
  return (JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string }).version
}

/**
 * The page. Anybody may load it: there is nothing in it until it has shown the daemon's token.
 *
 * @throws if the package was built without it
 */
export function pageRoutes(): Route[] {
  const folder = join(packageRoot(), 'dist', 'ui')
  return FILES.map(([path, file, type]) => {
    const content = readFileSync(join(folder, file))
    return {
      method: 'GET',
      path,
      query: 'any',
      open: true,
      handle: (exchange) => exchange.file(type, content, HEADERS),
    }
  })
}
