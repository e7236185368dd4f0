// Installs what a checkout needs, and only when something changed. Plain JavaScript, so that it runs
// under whatever Node a machine happens to have; everything after it runs under the pinned one.
//
//   node scripts/install.mjs                     npm packages
//   node scripts/install.mjs --with-test-tools   … and the programs the tests drive (ffmpeg, Chromium …)
//   node scripts/install.mjs --with-peers        … and the programs that only benchmarks run, to be compared with
//   node scripts/install.mjs --with-players      … and the players of the drill "players", too large for every test run
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stamp = join(root, 'node_modules', '.rushes-lockfile')

function installPackages() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  console.error('installing npm packages (once per change of package-lock.json) …')
  const npm = process.env.npm_execpath
  const [program, ...first] = npm ? [process.execPath, npm] : ['npm']
  // No package in use needs its install script. Not in .npmrc: there it would switch prestart and pretest off as well.
  const done = spawnSync(
    program,
    [...first, 'install', '--no-save', '--ignore-scripts', '--loglevel=error', '--no-progress'],
    {
      cwd: root,
      stdio: ['ignore', 2, 2], // stdout belongs to the command that runs next
    },
  )
  if (done.status !== 0) {
    console.error('npm install failed: see its message above; nothing was started.')
    process.exit(1)
  }
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, wanted)
}

// program on PATH → Debian package that brings it
const testTools = {
  ffmpeg: 'ffmpeg',
  ffprobe: 'ffmpeg',
  ffplay: 'ffmpeg',
  'qt-faststart': 'ffmpeg',
  chromium: 'chromium',
  bwrap: 'bubblewrap',
  strace: 'strace',
  'mkfs.ext4': 'e2fsprogs',
  'mkfs.xfs': 'xfsprogs',
  nginx: 'nginx',
  openssl: 'openssl',
  python3: 'python3',
  Xvfb: 'xvfb',
  evilwm: 'evilwm',
  zip: 'zip',
  unzip: 'unzip',
}

// What the drills' networks are made of: of use to root alone, and reported as not run where it is missing.
const networkTools = { ip: 'iproute2', tc: 'iproute2', nft: 'nftables', iperf3: 'iperf3' }

// Peers of benchmarks that no test runs.
const peers = { foremost: 'foremost', scalpel: 'scalpel' }

// Of the drill "players". GStreamer is driven from Python: none of its own programs seeks and says what it shows.
const debianPlayers = [
  'mpv',
  'gstreamer1.0-plugins-base',
  'gstreamer1.0-plugins-good',
  'gstreamer1.0-plugins-bad',
  'gstreamer1.0-libav',
  'gstreamer1.0-tools',
  'python3-gi',
  'gir1.2-gstreamer-1.0',
  'gir1.2-gst-plugins-base-1.0',
]
// FFmpeg 8.1 as a library of Node.
const nodeAv = '6.1.1'

function onPath(program) {
  const folders = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`.split(':')
  return folders.some((folder) => existsSync(join(folder, program)))
}

const canInstall = process.getuid?.() === 0 && onPath('apt-get')

function installTools(whom, wanted) {
  const missing = Object.keys(wanted).filter((program) => !onPath(program))
  if (missing.length === 0) return
  const packages = [...new Set(missing.map((program) => wanted[program]))]
  if (!canInstall) {
    console.error(
      `${whom} drive ${missing.join(', ')}: install ${packages.join(' ')} first (on Debian: sudo apt-get install ${packages.join(' ')}).`,
    )
    process.exit(1)
  }
  installDebian(whom, [...packages, 'fonts-dejavu-core'])
}

// A player that can't be installed is reported by the drill as not run.
function installPlayers() {
  const status = (name) => spawnSync('dpkg-query', ['--status', name], { encoding: 'utf8' }).stdout ?? ''
  if (canInstall) {
    const missing = debianPlayers.filter((name) => !/^Status: install ok installed$/m.test(status(name)))
    if (missing.length > 0) installDebian('the players', missing)
  }
  const folder = join(root, 'node_modules', '.rushes-players')
  const packages = [`node-av@${nodeAv}`, `@seydx/node-av-${process.platform}-${process.arch}@${nodeAv}`]
  const done = join(folder, `node-av-${nodeAv}`)
  if (existsSync(done)) return
  console.error(`installing ${packages.join(' ')} into node_modules/.rushes-players (FFmpeg 8, some 200 MB) …`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  const args = ['install', '--no-save', '--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund']
  const installed = spawnSync('npm', [...args, '--loglevel=error', '--prefix', folder, ...packages], {
    stdio: ['ignore', 2, 2],
  })
  if (installed.status === 0) writeFileSync(done, '')
}

function installDebian(whom, packages) {
  console.error(`installing Debian packages for ${whom}: ${packages.join(' ')} …`)
  // invoke-rc.d starts no service at this run level: the tests want nginx as a program, not one on port 80.
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  const options = { stdio: ['ignore', 2, 2], env: environment }
  execFileSync('apt-get', ['update', '-qq'], options)
  execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], options)
}

installPackages()
if (process.argv.includes('--with-test-tools')) {
  installTools('the tests', { ...testTools, ...(canInstall ? networkTools : {}) })
}
// Elsewhere the benchmark that wants one says so.
if (process.argv.includes('--with-peers') && canInstall) installTools('the benchmarks', peers)
if (process.argv.includes('--with-players')) installPlayers()
