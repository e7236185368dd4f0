import ipaddr from 'ipaddr.js'

type Network = [ipaddr.IPv4 | ipaddr.IPv6, number]

/** `127.0.0.1` or `10.0.0.0/8` as a network. Undefined: it is none. */
function parseNetwork(text: string): Network | undefined {
  if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text)
  if (!ipaddr.isValid(text)) return undefined
  const address = ipaddr.process(text)
  return [address, address.kind() === 'ipv4' ? 32 : 128]
}

/** Whether a peer's address is that of a proxy which the operator named, so that what it says of its client is believed. */
export type TrustsProxy = (address: string | undefined) => boolean

/** @throws RangeError naming what is no address and no network */
export function trustedProxies(named: readonly string[]): TrustsProxy {
  const networks = named.map((text) => {
    const network = parseNetwork(text)
    if (network === undefined) throw new RangeError(`${text} is no address and no network`)
    return network
  })
  return (text) => {
    if (networks.length === 0 || text === undefined || !ipaddr.isValid(text)) return false
    const address = ipaddr.process(text)
    return networks.some((network) => network[0].kind() === address.kind() && address.match(network))
  }
}
