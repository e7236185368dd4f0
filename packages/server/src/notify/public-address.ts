export { AddressRefused, checkLiteral, isPublicAddress, lookupPublic } from '@rushes/sandbox'
