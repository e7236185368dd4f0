// What a player has to tell of a file, so that two files can be held against each other.

export type ShownPicture = { /** Seconds. */ time: number /** Of what was decoded, or drawn. */; hash: string }

export type Played = {
  pictures: ShownPicture[]
  /** One line a piece of sound, with its time and hash as the player has them. */
  sound: string[]
  /** Warnings and errors, without what differs from run to run. */
  said: string[]
  /** What else the player tells of the file: its streams, its length. */
  about: string
}

export interface Player {
  readonly name: string
  /** Of the program that was driven. */
  version(): Promise<string>
  /**
   * The file from its beginning to its end.
   *
   * @param times of its pictures, for a player that can only be asked for what it shows at a time
   */
  play(path: string, times: readonly number[]): Promise<Played>
  /** The first picture after the player was told to go to where a picture begins. */
  seek(path: string, time: number): Promise<ShownPicture>
  /** `key`: it goes to a key frame near by, as its makers decided. */
  readonly seeks: 'exactly' | 'key'
  close(): Promise<void>
}

/** What a program printed, without addresses, times of the clock and the name of the file. */
export function linesSaid(text: string, path: string): string[] {
  return text
    .split('\n')
    .map((line) =>
      line
        .replaceAll(path, 'FILE')
        .replaceAll(/0x[0-9a-f]+/g, '0x')
        .trim(),
    )
    .filter((line) => line !== '')
}
