// A small archive of every family, as its system writes it.
import { mp4Start, pngStart } from './small-folder.ts'

export type Sample = { format: string; files: Readonly<Record<string, string | Uint8Array | object>> }

const flv = Buffer.from('FLV\x01\x05\0\0\0\x09\0\0\0\0', 'latin1')

const meetingEvent = (at: number, module: string, name: string, fields: Record<string, string | number> = {}): string =>
  `  <event timestamp="${at}" module="${module}" eventname="${name}">\n${Object.entries(fields)
    .map(([field, value]) => `    <${field}>${value}</${field}>\n`)
    .join('')}  </event>\n`

const connectMessage = (time: number, name: string, inside: string): string =>
  `<Message time="${time}" type="data">\n<Method>playEvent</Method>\n<String>${name}</String>\n${inside}</Message>\n`

export const samples: readonly Sample[] = [
  {
    format: 'bigbluebutton',
    files: {
      'events.xml': `<?xml version="1.0" encoding="UTF-8"?>\n<recording meeting_id="abc-1630607370684" bbb_version="2.4.1">\n<meeting id="abc-1630607370684" name="Optics"/>\n<metadata meetingName="Optics"/>\n${[
        meetingEvent(1000, 'PARTICIPANT', 'ParticipantJoinEvent', {
          ...{ userId: 'w_a', name: 'Ada &amp; Co', role: 'MODERATOR', timestampUTC: 1_630_607_370_684 },
        }),
        meetingEvent(1500, 'PRESENTATION', 'SharePresentationEvent', {
          presentationName: 'd1-1',
          podId: 'DEFAULT_PRESENTATION_POD',
        }),
        meetingEvent(2000, 'PARTICIPANT', 'RecordStatusEvent', { userId: 'w_a', status: 'true' }),
        meetingEvent(2500, 'bbb-webrtc-sfu', 'StartWebRTCShareEvent', {
          filename: '/var/kurento/recordings/cam-1.webm',
        }),
        meetingEvent(3000, 'PRESENTATION', 'GotoSlideEvent', { slide: 2, podId: 'DEFAULT_PRESENTATION_POD' }),
        meetingEvent(3500, 'CHAT', 'PublicChatEvent', { senderId: 'w_a', sender: 'Ada', message: '<![CDATA[Grüße]]>' }),
        meetingEvent(9000, 'PARTICIPANT', 'RecordStatusEvent', { userId: 'w_a', status: 'false' }),
        meetingEvent(9500, 'PARTICIPANT', 'EndAndKickAllEvent'),
      ].join('')}</recording>\n`,
      'video/abc/cam-1.webm': mp4Start,
      'presentation/d1-1/thumbnails/thumb-1.png': pngStart,
    },
  },
  {
    format: 'bigbluebutton-published',
    files: {
      'metadata.xml':
        '<?xml version="1.0"?>\n<recording>\n<id>abc-1</id>\n<state>published</state>\n<start_time>1630607370684</start_time>\n<end_time>1630607380684</end_time>\n<playback>\n<format>presentation</format>\n<duration>7000</duration>\n</playback>\n<meta>\n<meetingName>Optics</meetingName>\n</meta>\n</recording>\n',
      'shapes.svg':
        '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" id="svgfile">\n<image id="image1" class="slide" in="0.0" out="2.5" xlink:href="presentation/d1/slide-1.png" width="1600" height="900"/>\n<image id="image2" class="slide" in="2.5" out="7.0" xlink:href="presentation/d1/slide-2.png" width="1600" height="900"/>\n</svg>\n',
      'slides_new.xml':
        '<?xml version="1.0"?>\n<popcorn>\n<chattimeline in="3" direction="down" name="Ada" message="Grüße" target="chat"/>\n</popcorn>\n',
      'video/webcams.webm': mp4Start,
      'presentation/d1/slide-1.png': pngStart,
      'presentation/d1/slide-2.png': pngStart,
    },
  },
  {
    format: 'opencast',
    files: {
      'manifest.xml':
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<mediapackage xmlns="http://mediapackage.opencastproject.org" id="p-1" start="2024-02-03T04:05:06Z" duration="60000">\n<title>Optics</title>\n<media>\n<track id="t1" type="presenter/source"><mimetype>video/mp4</mimetype><url>a.mp4</url></track>\n</media>\n<metadata>\n<catalog id="c1" type="mpeg-7/segments"><mimetype>text/xml</mimetype><url>m.xml</url></catalog>\n</metadata>\n</mediapackage>\n',
      'm.xml':
        '<?xml version="1.0"?>\n<Mpeg7 xmlns="urn:mpeg:mpeg7:schema:2001"><Description><MultimediaContent><Video>\n<TemporalDecomposition>\n<VideoSegment><MediaTime><MediaRelTimePoint>T00:00:00:0F1000</MediaRelTimePoint></MediaTime></VideoSegment>\n<VideoSegment><MediaTime><MediaRelTimePoint>T00:00:07:7F1000</MediaRelTimePoint></MediaTime></VideoSegment>\n</TemporalDecomposition></Video></MultimediaContent></Description></Mpeg7>\n',
      'a.mp4': mp4Start,
    },
  },
  {
    format: 'paella',
    files: {
      'data.json': {
        metadata: { title: 'Optics', duration: 61.25 },
        streams: [
          { content: 'presenter', sources: { mp4: [{ src: 'a.mp4', mimetype: 'video/mp4', res: { w: 2, h: 2 } }] } },
        ],
        frameList: [
          { id: 'frame_30', mimetype: 'image/png', time: 30, url: 'f/30.png', thumb: 'f/30.png' },
          { id: 'frame_0', mimetype: 'image/png', time: 0, url: 'f/0.png', thumb: 'f/0.png' },
        ],
        captions: [{ lang: 'de', text: 'Deutsch', url: 'de.vtt', format: 'vtt' }],
      },
      'a.mp4': mp4Start,
      'f/0.png': pngStart,
      'f/30.png': pngStart,
      'de.vtt': 'WEBVTT\n\n00:00.000 --> 00:01.000\nGrüße\n',
    },
  },
  {
    format: 'zoom',
    files: {
      'GMT20210301-153000_Recording_1920x1080.mp4': mp4Start,
      'GMT20210301-153000_Recording.transcript.vtt':
        'WEBVTT\n\n1\n00:00:00.000 --> 00:00:02.000\nAda Lovelace: One\n\n2\n00:00:02.000 --> 00:00:04.000\nBob: Grüße\n\n',
      'GMT20210301-153000_RecordingnewChat.txt': '00:00:05\tAda Lovelace:\tHello\n00:01:10\tBob:\tGrüße\n',
    },
  },
  {
    format: 'teams',
    files: {
      'meeting.mp4': mp4Start,
      'meeting.vtt':
        'WEBVTT\n\n01234567-89ab-cdef-0123-456789abcdef/10-0\n00:00:01.000 --> 00:00:02.500\n<v Ada Lovelace>One\ntwo</v>\n\n01234567-89ab-cdef-0123-456789abcdef/11-0\n00:00:03.000 --> 00:00:04.000\n<v Bob>Grüße</v>\n',
      'attendance.csv':
        '1. Summary\nMeeting title\tScrum\nAttended participants\t1\nStart time\t15/11/22, 09:30:17\nEnd time\t15/11/22, 09:41:47\n\n2. Participants\nName\tFirst join\tLast leave\tIn-meeting duration\tEmail\tParticipant ID (UPN)\tRole\nBob\t15/11/22, 09:30:47\t15/11/22, 09:41:46\t10m 59s\tb@example.com\tb@example.com\tPresenter\n',
    },
  },
  {
    format: 'meet',
    files: {
      'talk.mp4': mp4Start,
      'chat.sbv': '00:00:01.500,00:00:05.000\nAda Lovelace: Hello\n\n00:00:07.000,00:00:11.000\nBob: Grüße\n',
    },
  },
  {
    format: 'adobe-connect',
    files: {
      'mainstream.xml': `<?xml version="1.0" encoding="UTF-8"?>\n<root>\n${[
        connectMessage(
          510,
          'streamAdded',
          '<Array><Object><streamName>/cameraVoip_1_2</streamName><streamType>cameraVoip</streamType><startTime>500</startTime></Object></Array>\n',
        ),
        connectMessage(12_000, '__stop__', '<Number>11500</Number>\n'),
      ].join('')}</root>\n`,
      'ftcontent1.xml': `<root>\n${connectMessage(5000, 'setPptLoaderSo', '<Array><Object><code>change</code><name>slideIndex</name><newValue>3</newValue></Object></Array>\n')}</root>\n`,
      'cameraVoip_1_2.flv': flv,
    },
  },
  {
    format: 'panopto',
    files: {
      'DeliveryInfo.json': {
        Delivery: {
          ...{ SessionName: 'Optics', Duration: 61.5, PodcastStreams: [] },
          Streams: [{ Tag: 'DV', StreamUrl: 'https://x.example/a.mp4', RelativeStart: 0 }],
          Timestamps: [{ Time: 30.5, Caption: 'Grüße', ObjectPublicIdentifier: 'd1', ObjectSequenceNumber: 2 }],
        },
      },
      'a.mp4': mp4Start,
    },
  },
  {
    format: 'kaltura',
    files: {
      'entry.json': { objectType: 'KalturaMediaEntry', id: '0_abcdefgh', name: 'Talk', msDuration: 9000 },
      'cuepoints.json': {
        objects: [
          {
            objectType: 'KalturaThumbCuePoint',
            id: '0_slide001',
            entryId: '0_abcdefgh',
            startTime: 500,
            subType: 1,
            title: 'Grüße',
          },
        ],
        totalCount: 1,
        objectType: 'KalturaCuePointListResponse',
      },
      '0_abcdefgh.mp4': mp4Start,
    },
  },
  {
    format: 'jibri',
    files: {
      'metadata.json': {
        meeting_url: 'https://meet.example.com/optics',
        participants: [{ user: { name: 'Ada', id: 'x' } }],
      },
      'optics_2024-02-03-04-05-06.mp4': mp4Start,
    },
  },
  {
    format: 'slack',
    files: {
      'users.json': [{ id: 'U1', name: 'ada', profile: { real_name: 'Ada L.' } }],
      'general/2020-09-13.json': [
        { type: 'message', ts: '1600000000.000100', user: 'U1', text: 'Grüße &amp; more' },
        { type: 'message', ts: '1600000002.500100', user: 'U2', text: 'hi <@U1>' },
      ],
    },
  },
  {
    format: 'mattermost',
    files: {
      'export.jsonl':
        '{"type":"version","version":1}\n{"type":"post","post":{"team":"t","channel":"c","user":"ada","message":"Grüße","create_at":1600000000000}}\n{"type":"post","post":{"team":"t","channel":"c","user":"bob","message":"two","create_at":1600000001250,"replies":[]}}\n',
    },
  },
  {
    format: 'media',
    files: {
      'talk.mp4': mp4Start,
      'talk.de.srt': '1\n00:00:01,000 --> 00:00:02,500\nGrüße\n\n2\n00:00:03,000 --> 00:00:04,000\nzwei\n',
      'slides/slide-1.png': pngStart,
      'slides/slide-2.png': pngStart,
      'slides/slide-3.png': pngStart,
    },
  },
]
