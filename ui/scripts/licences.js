// Writes src/lib/licences.json: what Anteroom is built from and under which licences, from package-lock.json and Cargo.lock
// with the sources beside them. `--check` only fails when the list does not name what the lock files name.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const target = join(root, 'src/lib/licences.json')

/** What the window's own code imports; everything else of package-lock.json only builds it. */
const SHIPPED = ['svelte', 'bits-ui', '@tauri-apps/api', '@fontsource/inter', '@inlang/paraglide-js']

/** `name version` of the packages in the window, with their licences. */
function packages() {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  const found = new Map()
  const visit = (name, from) => {
    // Nested packages come before those at the top, as Node finds them.
    const at = [`${from}/node_modules/${name}`, `node_modules/${name}`].find((path) => lock[path])
    if (!at || found.has(at)) return
    const entry = lock[at]
    found.set(at, [`${name} ${entry.version}`, entry.license ?? 'not named'])
    // The compiler of messages leaves nothing but its own small runtime in the window.
    if (name !== '@inlang/paraglide-js') for (const next of Object.keys(entry.dependencies ?? {})) visit(next, at)
  }
  for (const name of SHIPPED) visit(name, '')
  return [...found.values()]
}

/** `name version` of the crates in Cargo.lock that come from a registry. */
function crates() {
  const lock = readFileSync(join(root, '../Cargo.lock'), 'utf8')
  return [...lock.matchAll(/name = "(.+)"\nversion = "(.+)"\nsource = /g)].map(([, name, version]) => [name, version])
}

function licenceOf(name, version) {
  const sources = join(process.env.CARGO_HOME ?? join(homedir(), '.cargo'), 'registry/src')
  const dirs = existsSync(sources) ? readdirSync(sources) : []
  for (const dir of dirs) {
    const manifest = join(sources, dir, `${name}-${version}`, 'Cargo.toml')
    if (!existsSync(manifest)) continue
    const text = readFileSync(manifest, 'utf8')
    const named = /^license = "(.+)"$/m.exec(text)?.[1]
    return named ? named.replaceAll('/', ' OR ') : 'see its licence file'
  }
  return 'not part of this build'
}

function grouped(entries) {
  const groups = {}
  for (const [name, licence] of entries) (groups[licence] ??= []).push(name)
  return Object.fromEntries(
    Object.entries(groups)
      .map(([licence, names]) => [licence, names.sort().join(', ')])
      .sort((a, b) => b[1].length - a[1].length || a[0].localeCompare(b[0])),
  )
}

const names = (groups) =>
  Object.values(groups)
    .flatMap((list) => list.split(', '))
    .sort()
    .join('\n')
const wanted = {
  crates: crates().map(([name, version]) => `${name} ${version}`),
  packages: packages().map(([name]) => name),
}

if (process.argv.includes('--check')) {
  const written = JSON.parse(readFileSync(target, 'utf8'))
  const stale = Object.keys(wanted).filter((kind) => names(written[kind]) !== wanted[kind].toSorted().join('\n'))
  if (stale.length > 0) {
    console.error(
      `licences.json does not name what the lock files name (${stale.join(', ')}): node scripts/licences.js`,
    )
    process.exit(1)
  }
} else {
  const version = /\[workspace\.package\][^[]*?\nversion = "(.+)"/.exec(
    readFileSync(join(root, '../Cargo.toml'), 'utf8'),
  )
  const list = {
    version: version?.[1] ?? '',
    crates: grouped(crates().map(([name, version]) => [`${name} ${version}`, licenceOf(name, version)])),
    packages: grouped(packages()),
  }
  writeFileSync(target, `${JSON.stringify(list, null, 2)}\n`)
}
