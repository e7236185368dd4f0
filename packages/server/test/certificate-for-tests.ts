import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

export type TestCertificate = { cert: string; key: string }

/** A certificate for `localhost` that signs itself, in files `NAME.pem` and `NAME.key`. */
export function makeCertificate(folder: string, name: string): TestCertificate {
  const cert = join(folder, `${name}.pem`)
  const key = join(folder, `${name}.key`)
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
      ...['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', key, '-out', cert],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  return { cert, key }
}
