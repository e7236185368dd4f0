export { checkLiteral, isPublicAddress, lookupPublic } from '@rushes/sandbox'
