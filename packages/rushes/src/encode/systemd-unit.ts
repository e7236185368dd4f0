import { join, resolve } from 'node:path'
import type { EncodeCommandOptions } from './encode-options.ts'

const stateFolder = 'rushes-encoder'

/** A unit (systemd.service(5), systemd.exec(5)) that runs what these options say as a service; they come from its file. */
export function systemdUnit({ config, keyFile, spool, spoolRoot }: EncodeCommandOptions): string {
  const main = join(import.meta.dirname, '..', 'main.ts')
  const file = resolve(config ?? '/etc/rushes/encoder.toml')
  const folder = spool ?? spoolRoot
  const isOwn = folder === undefined || resolve(folder).startsWith(`/var/lib/${stateFolder}`)
  const words = [
    ...[process.execPath, main, 'encode', '--config', file].map(quoted),
    ...(keyFile === undefined ? [] : ['--key-file', '%d/key']),
    '--plain',
  ]
  const isBelowHome = [main, process.execPath, file].some((path) => /^\/(?:home|root)\//.test(path))
  const lines = `
[Unit]
Description=Rushes encoder
Wants=network-online.target
After=network-online.target time-sync.target sound.target
# However often it fails: the event is there only once.
StartLimitIntervalSec=0

[Service]
Type=notify
# systemd-notify, which it calls, is another process.
NotifyAccess=all
ExecStart=${words.join(' ')}
ExecReload=/bin/kill -HUP $MAINPID
Environment=UV_THREADPOOL_SIZE=16
EnvironmentFile=-/etc/rushes/encoder.env
${keyFile === undefined ? '# The key is RUSHES_KEY in that file: chmod 600.' : `LoadCredential=key:${escaped(resolve(keyFile))}`}
Restart=always
RestartSec=2
# SIGTERM goes to the encoder alone, which has its ffmpegs finish the segments that they make.
KillMode=mixed
TimeoutStartSec=60
TimeoutStopSec=60
WatchdogSec=60

DynamicUser=yes
# Cameras and sound cards. DeckLink cards need a line of their own: DeviceAllow=/dev/blackmagic/… rw
SupplementaryGroups=video audio
DevicePolicy=closed
DeviceAllow=char-video4linux rw
DeviceAllow=char-alsa rw
StateDirectory=${stateFolder}
StateDirectoryMode=0750
WorkingDirectory=%S/${stateFolder}
${isOwn ? '' : `ReadWritePaths=${quoted(resolve(folder))}`}
UMask=0027

NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=strict
ProtectHome=${isBelowHome ? 'read-only' : 'yes'}
PrivateTmp=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service

[Install]
WantedBy=multi-user.target
`
  return lines.trimStart().replaceAll(/\n{3,}/g, '\n\n')
}

/** systemd.syntax(7), systemd.service(5) "Command lines": specifiers and variables are written doubled. */
function quoted(word: string): string {
  const plain = escaped(word).replaceAll('$', '$$$$')
  return /^[\w/.:@%+=-]+$/.test(plain) ? plain : `"${plain.replaceAll(/["\\]/g, '\\$&')}"`
}

function escaped(text: string): string {
  return text.replaceAll('%', '%%')
}
