/** Provision rows back into the trees they were compiled from. The order of rows carries no meaning. */
import type { ConsentVersion, ProvisionRow } from './types.ts'

export interface Node {
  readonly row: ProvisionRow
  readonly children: readonly Node[]
}

/** One consent as the decision sees it. */
export interface ConsentTree {
  readonly consent: string
  readonly version: string
  /** undefined = rows are missing or doubled, so the meaning is lost and the consent denies */
  readonly root: Node | undefined
  /** directory id; the network's when the rows do not agree on one */
  readonly controller: string
}

export const networkController = 'network'

/** Rows never change once they are read, so one list is put together once, however many records are judged by it. */
const known = new WeakMap<readonly ProvisionRow[], readonly ConsentTree[]>()

export function treesOf(rows: readonly ProvisionRow[]): readonly ConsentTree[] {
  const trees = known.get(rows) ?? readTrees(rows)
  known.set(rows, trees)
  return trees
}

function readTrees(rows: readonly ProvisionRow[]): readonly ConsentTree[] {
  const byConsent = Map.groupBy(rows, (row) => JSON.stringify([row.consent, row.version]))
  return [...byConsent.values()].flatMap((members) => treeOf(members))
}

const knownVersions = new WeakMap<readonly ConsentTree[], readonly ConsentVersion[]>()

export function versionsOf(trees: readonly ConsentTree[]): readonly ConsentVersion[] {
  const versions = knownVersions.get(trees) ?? readVersions(trees)
  knownVersions.set(trees, versions)
  return versions
}

function readVersions(trees: readonly ConsentTree[]): readonly ConsentVersion[] {
  const byKey = new Map(trees.map((tree) => [`${tree.consent}|${tree.version}`, { id: tree.consent, version: tree.version }]))
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, version]) => version)
}

function treeOf(rows: readonly ProvisionRow[]): readonly ConsentTree[] {
  const [first] = rows
  if (first === undefined) return []
  const byParent = Map.groupBy(rows, (row) => parentOf(row.path))
  const controllers = new Set(rows.map((row) => row.controller))
  const root = rows.find((row) => row.path === '')
  const node = root && nodeOf(root, byParent)
  const isWhole = node !== undefined && sizeOf(node) === rows.length && new Set(rows.map((row) => row.path)).size === rows.length
  return [
    {
      consent: first.consent,
      version: first.version,
      root: isWhole ? node : undefined,
      controller: controllers.size === 1 ? first.controller : networkController,
    },
  ]
}

function nodeOf(row: ProvisionRow, byParent: ReadonlyMap<string | undefined, readonly ProvisionRow[]>): Node {
  return { row, children: (byParent.get(row.path) ?? []).map((child) => nodeOf(child, byParent)) }
}

/** The path of the parent; the root has none. */
function parentOf(path: string): string | undefined {
  if (path === '') return undefined
  const cut = path.lastIndexOf('.')
  return cut < 0 ? '' : path.slice(0, cut)
}

function sizeOf(node: Node): number {
  return node.children.reduce((size, child) => size + sizeOf(child), 1)
}
