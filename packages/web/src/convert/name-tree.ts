// Names with slashes as the folders that they are in.

/** A folder, or what lies in one. */
export type TreeNode<Leaf> = { name: string; path: string; leaf: Leaf | null; children: TreeNode<Leaf>[] }

/** What has the name of an archive and lies in it, is shown below it. Folders of one folder alone are one. */
export function nameTree<Leaf>(leaves: readonly Leaf[], nameOf: (leaf: Leaf) => string): TreeNode<Leaf>[] {
  const root: TreeNode<Leaf> = { name: '', path: '', leaf: null, children: [] }
  const known = new Map<string, TreeNode<Leaf>>([['', root]])
  for (const leaf of leaves) {
    const parts = nameOf(leaf)
      .split('/')
      .filter((part) => part !== '')
    let parent = root
    let path = ''
    for (const part of parts) {
      path = path === '' ? part : `${path}/${part}`
      let node = known.get(path)
      if (node === undefined) {
        node = { name: part, path, leaf: null, children: [] }
        known.set(path, node)
        parent.children.push(node)
      }
      parent = node
    }
    parent.leaf = leaf
  }
  return root.children.map(joined)
}

function joined<Leaf>(node: TreeNode<Leaf>): TreeNode<Leaf> {
  const [only] = node.children
  if (node.leaf === null && node.children.length === 1 && only !== undefined && only.leaf === null) {
    return joined({ ...only, name: `${node.name}/${only.name}` })
  }
  return { ...node, children: node.children.map(joined) }
}

export function countLeaves<Leaf>(node: TreeNode<Leaf>): number {
  return node.children.reduce((sum, child) => sum + countLeaves(child), node.leaf === null ? 0 : 1)
}
