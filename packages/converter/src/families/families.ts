import { adobeConnect } from './adobe-connect/adobe-connect.ts'
import { bigBlueButtonPublished } from './bigbluebutton/published.ts'
import { bigBlueButtonRaw } from './bigbluebutton/raw.ts'
import type { Family } from './family.ts'
import { kaltura } from './kaltura/kaltura.ts'
import { mattermost } from './messages/mattermost.ts'
import { slack } from './messages/slack.ts'
import { opencast } from './opencast/opencast.ts'
import { paella } from './paella/paella.ts'
import { panopto } from './panopto/panopto.ts'
import { jibri } from './recordings/jibri.ts'
import { recordings } from './recordings/recordings.ts'
import { unpackedArchive } from './umf/unpacked-archive.ts'
import { webex } from './webex/webex.ts'

/** Of two that claim as much, the first is asked: a raw recording tells more than what was made of it. */
export const families: readonly Family[] = [
  unpackedArchive,
  bigBlueButtonRaw,
  bigBlueButtonPublished,
  opencast,
  paella,
  adobeConnect,
  panopto,
  kaltura,
  jibri,
  slack,
  mattermost,
  webex,
  recordings,
]
