// The media-chrome elements that the player is made of, ready for pages with a strict content security policy.
import {
  MediaCaptionsButton,
  MediaChromeButton,
  MediaControlBar,
  MediaController,
  MediaFullscreenButton,
  MediaGestureReceiver,
  MediaLoadingIndicator,
  MediaMuteButton,
  MediaPipButton,
  MediaPlayButton,
  MediaPreviewThumbnail,
  MediaTextDisplay,
  MediaTimeDisplay,
  MediaTimeRange,
  MediaTooltip,
  MediaVolumeRange,
} from 'media-chrome'
import { MediaChromeMenu, MediaChromeMenuItem } from 'media-chrome/menu'
import 'media-chrome/dist/menu/media-playback-rate-menu.js'
import 'media-chrome/dist/menu/media-playback-rate-menu-button.js'
import { adoptStylesOf } from './adopted-styles.ts'

/** The base classes that attach the shadow roots; what extends one of them is covered with it. */
adoptStylesOf(
  MediaChromeButton,
  MediaController,
  MediaControlBar,
  MediaGestureReceiver,
  MediaLoadingIndicator,
  MediaPreviewThumbnail,
  MediaTextDisplay,
  MediaTimeRange,
  MediaTooltip,
  MediaVolumeRange,
  MediaChromeMenu,
  MediaChromeMenuItem,
)

/** Named, so that a bundler keeps the modules that define the elements. */
export const mediaControls: readonly CustomElementConstructor[] = [
  MediaController,
  MediaControlBar,
  MediaPlayButton,
  MediaMuteButton,
  MediaVolumeRange,
  MediaTimeRange,
  MediaTimeDisplay,
  MediaCaptionsButton,
  MediaPipButton,
  MediaFullscreenButton,
  MediaLoadingIndicator,
]
