// Installs what a checkout needs, and only when something changed. Plain JavaScript, so that it runs
// under whatever Node a machine happens to have; everything after it runs under the pinned one.
//
//   node scripts/install.mjs                     npm packages
//   node scripts/install.mjs --with-test-tools   … and the programs the tests drive (ffmpeg, Chromium …)
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

function onPath(program) {
  const folders = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`.split(':')
  return folders.some((folder) => existsSync(join(folder, program)))
}

function installTestTools() {
  const canInstall = process.getuid?.() === 0 && onPath('apt-get')
  const wanted = { ...testTools, ...(canInstall ? networkTools : {}) }
  const missing = Object.keys(wanted).filter((program) => !onPath(program))
  if (missing.length === 0) return
  const packages = [...new Set(missing.map((program) => wanted[program]))]
  if (!canInstall) {
    console.error(
      `the tests drive ${missing.join(', ')}: install ${packages.join(' ')} first (on Debian: sudo apt-get install ${packages.join(' ')}).`,
    )
    process.exit(1)
  }
  console.error(`installing Debian packages for the tests: ${packages.join(' ')} …`)
  // invoke-rc.d starts no service at this run level: the tests want nginx as a program, not one on port 80.
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  const options = { stdio: ['ignore', 2, 2], env: environment }
  execFileSync('apt-get', ['update', '-qq'], options)
  execFileSync(
    'apt-get',
    ['install', '-y', '-qq', '--no-install-recommends', ...packages, 'fonts-dejavu-core'],
    options,
  )
}

installPackages()
if (process.argv.includes('--with-test-tools')) installTestTools()
