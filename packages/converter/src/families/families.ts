import { adobeConnect } from './adobe-connect/adobe-connect.ts'
import { bigBlueButtonPublished } from './bigbluebutton/published.ts'
import { bigBlueButtonRaw } from './bigbluebutton/raw.ts'
import type { Family } from './family.ts'
import { mattermost } from './messages/mattermost.ts'
import { slack } from './messages/slack.ts'
import { opencast } from './opencast/opencast.ts'
import { paella } from './paella/paella.ts'
import { jibri } from './recordings/jibri.ts'
import { recordings } from './recordings/recordings.ts'

/** Of two that claim as much, the first is asked: a raw recording tells more than what was made of it. */
export const families: readonly Family[] = [
  bigBlueButtonRaw,
  bigBlueButtonPublished,
  opencast,
  paella,
  adobeConnect,
  jibri,
  slack,
  mattermost,
  recordings,
]
