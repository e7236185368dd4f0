import { describe, expect, it } from 'vitest'
import { countLeaves, nameTree, type TreeNode } from './name-tree.ts'

type Brief = [name: string, ...children: Brief[]]
const brief = ({ name, children }: TreeNode<string>): Brief => [name, ...children.map(brief)]

describe('names as a tree', () => {
  it('has each name once, folders of one folder alone as one, in the order in which they come', () => {
    const names = ['m/raw/events.xml', 'm/raw/video/a.flv', 'm/raw/video/b.flv', 'notes.txt']
    const tree = nameTree(names, (name) => name)
    expect(tree.map(brief)).toEqual([['m/raw', ['events.xml'], ['video', ['a.flv'], ['b.flv']]], ['notes.txt']])
    expect(tree.reduce((sum, node) => sum + countLeaves(node), 0)).toBe(names.length)
  })

  it('shows what lies in an archive below it', () => {
    const tree = nameTree(['all.zip', 'all.zip/a.txt'], (name) => name)
    expect(tree.map(brief)).toEqual([['all.zip', ['a.txt']]])
    expect(tree[0]!.leaf).toBe('all.zip')
  })

  it('takes names that are those of members of objects, and strange ones', () => {
    const names = ['__proto__/constructor', 'constructor', '/', 'a//b']
    const tree = nameTree(names, (name) => name)
    expect(tree.map(({ name }) => name)).toEqual(['__proto__', 'constructor', 'a'])
  })
})
