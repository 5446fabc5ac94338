/** The syntax trees of our sources, from the compiler's own parser (`typescript/unstable/sync`; its version is fixed). */
import { fileURLToPath } from 'node:url'
import { API } from 'typescript/unstable/sync'
import type { SourceFile } from 'typescript/unstable/ast'

export const root = fileURLToPath(new URL('../../..', import.meta.url))

/** @param files relative to the repository; the trees live as long as `use` runs */
export function withTrees<T>(files: readonly string[], use: (tree: SourceFile, file: string) => T): readonly T[] {
  const api = new API({ cwd: root })
  try {
    const [project] = api.updateSnapshot({ openProjects: [`${root}tsconfig.json`] }).getProjects()
    return files.map((file) => {
      const tree = project?.program.getSourceFile(`${root}${file}`)
      if (tree === undefined) throw new Error(`the compiler knows no ${file}`)
      return use(tree, file)
    })
  } finally {
    api.close()
  }
}
