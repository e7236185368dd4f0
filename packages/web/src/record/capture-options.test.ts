import { expect, it } from 'vitest'
import { withoutDevice } from './capture-options.ts'

it.each([
  { refused: 'microphone', of: { camera: true, microphone: true }, left: { camera: true } },
  { refused: 'microphone', of: { page: true, microphone: true }, left: { page: true } },
  { refused: 'microphone', of: { microphone: true }, left: null },
  { refused: 'camera', of: { screen: true, camera: true, microphone: true }, left: { screen: true, microphone: true } },
  { refused: 'camera', of: { screen: true, camera: true, secondCamera: {} }, left: { screen: true } },
  { refused: 'camera', of: { camera: true, microphone: true }, left: null },
  { refused: 'screen', of: { screen: true, camera: true }, left: null },
] as const)('without the $refused, of $of: $left', ({ refused, of, left }) => {
  const offered = withoutDevice(of, refused)
  expect(offered?.capture ?? null).toEqual(left)
  if (left !== null) expect(offered?.words).toBe(`Record without the ${refused}`)
})
