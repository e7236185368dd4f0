// The certificate that the server shows, from files that something else renews.
//
//   read ──> shown ── files change, or reload() ──> read again ── whole and of each other ──> shown to new connections
//                                                       └── not ──> the former stays, and the log says why
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync, unwatchFile, watchFile } from 'node:fs'
import type { Server } from 'node:https'
import { createSecureContext, type SecureContextOptions } from 'node:tls'

export type CertificateFiles = {
  /** PEM: the server's certificate, then those between it and the root. */
  cert: string
  /** PEM, without a passphrase. */
  key: string
}

/** The files can't be used; the message says which and why. */
export class CertificateError extends Error {
  readonly code = 'certificate-unusable'

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'CertificateError'
  }
}

export type LoadedCertificate = { options: SecureContextOptions; names: string; validTo: Date }

type CertificateLog = { info(details: object, message: string): void; warn(details: object, message: string): void }

/** Often enough for files that change every two months, and it follows links, as those of certbot. */
const lookEveryMs = 5000

/** @throws CertificateError */
export function readCertificate({ cert, key }: CertificateFiles): LoadedCertificate {
  const [certText, keyText] = [read(cert), read(key)]
  const certificate = parse(cert, () => new X509Certificate(certText))
  const privateKey = parse(key, () => createPrivateKey(keyText))
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new CertificateError(`the key in ${key} does not belong to the certificate in ${cert}`)
  }
  const options: SecureContextOptions = { cert: certText, key: keyText, minVersion: 'TLSv1.2' }
  parse(cert, () => createSecureContext(options))
  return { options, names: certificate.subjectAltName ?? certificate.subject, validTo: new Date(certificate.validTo) }
}

export interface ShownCertificate {
  reload(): void
  close(): void
}

/** Keeps a server at what its files say; connections that are open keep what they have. */
export function followCertificate(server: Server, files: CertificateFiles, log: CertificateLog): ShownCertificate {
  function reload(): void {
    try {
      const { options, names, validTo } = readCertificate(files)
      server.setSecureContext(options)
      log.info({ names, validTo }, 'a new certificate is shown')
    } catch (error) {
      // One of the two files may be written a moment after the other.
      log.warn({ error }, 'the certificate stays as it was')
    }
  }
  const paths = [files.cert, files.key]
  for (const path of paths) watchFile(path, { interval: lookEveryMs, persistent: false }, reload)
  return {
    reload,
    close() {
      for (const path of paths) unwatchFile(path, reload)
    },
  }
}

function read(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new CertificateError(`${path} cannot be read: ${(cause as Error).message}`, { cause })
  }
}

function parse<Value>(path: string, make: () => Value): Value {
  try {
    return make()
  } catch (cause) {
    throw new CertificateError(
      `${path} is not what it should be, PEM without a passphrase: ${(cause as Error).message}`,
      {
        cause,
      },
    )
  }
}
