import { html, type TemplateResult } from 'lit'
import { countLeaves, type TreeNode } from './name-tree.ts'

/** Folders of more are closed until somebody opens them. */
const mostOpened = 40

export type TreeViewOptions<Leaf> = {
  label: string
  nodes: readonly TreeNode<Leaf>[]
  /** What is said of one, beside its name. */
  facts(leaf: Leaf): TemplateResult | string
}

/** A tree as lists within lists, whose folders open: keys and screen readers know both. */
export function treeView<Leaf>({ label, nodes, facts }: TreeViewOptions<Leaf>): TemplateResult {
  const row = ({ name, leaf }: TreeNode<Leaf>) =>
    html`<span class="tree-name">${name}</span> ${leaf === null ? '' : facts(leaf)}`
  const branch = (node: TreeNode<Leaf>): TemplateResult => {
    if (node.children.length === 0) return html`<li class="tree-leaf">${row(node)}</li>`
    const count = countLeaves(node)
    return html`<li>
      <details class="tree-folder" ?open=${count <= mostOpened}>
        <summary>${row(node)}<span class="soft small figures">${count.toLocaleString('en')} ${count === 1 ? 'file' : 'files'}</span></summary>
        <ul role="list">${node.children.map(branch)}</ul>
      </details>
    </li>`
  }
  return html`<ul role="list" class="tree" aria-label=${label}>${nodes.map(branch)}</ul>`
}
