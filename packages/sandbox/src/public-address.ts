import { lookup as resolve } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'

export class AddressRefused extends Error {
  readonly code = 'address-refused'

  constructor(host: string) {
    super(`${host} is not a public address`)
    this.name = 'AddressRefused'
  }
}

/** Whether an address is one of the public internet; those that carry an IPv4 address in them count as what they carry. */
export function isPublicAddress(address: string): boolean {
  // RFC 4007 §11.2: with a zone it is link-local at most.
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'unicast'
}

/** A host as it stands in a URL: an address is refused at once, since nobody looks it up. @throws AddressRefused */
export function checkLiteral(hostname: string): void {
  const host = hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) !== 0 && !isPublicAddress(host)) throw new AddressRefused(host)
}

/**
 * Looks names up for a connection, which is then made to the very address that was checked: a name that changes its mind in
 * between gains nothing. One private address among several refuses them all.
 */
export const lookupPublic: LookupFunction = (hostname, options, callback) => {
  resolve(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) callback(error, '', 0)
    else if (addresses.length === 0 || addresses.some(({ address }) => !isPublicAddress(address)))
      callback(new AddressRefused(hostname), '', 0)
    else if (options.all === true) callback(null, addresses)
    else callback(null, addresses[0]!.address, addresses[0]!.family)
  })
}
