/** Reads the import statements of our own TypeScript files; no compiler needed, since the formatter keeps them regular. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

export interface Import {
  /** importing file, from the root, with `/` */
  readonly file: string
  readonly line: number
  /** file from the root for our own, else the package (or `node:` module) as written */
  readonly target: string
  readonly isOwn: boolean
  readonly isType: boolean
  /** names imported as values; `*` for a whole module */
  readonly names: readonly string[]
}

export interface Source {
  readonly file: string
  readonly text: string
  readonly imports: readonly Import[]
}

/** Every .ts file under these folders of the root. */
export function readSources(folders: readonly string[]): readonly Source[] {
  return folders
    .flatMap((folder) => filesUnder(join(root, folder)))
    .map((path) => {
      const file = relative(root, path).split(sep).join('/')
      const text = readFileSync(path, 'utf8')
      return { file, text, imports: importsOf(file, text) }
    })
}

const statement =
  /^[ \t]*(?:import|export)\s+(type\s+)?([\w*$\s{},]*?)\s*\bfrom\s*'([^']+)'|^[ \t]*import\s+'([^']+)'|\bimport\(\s*([^)\s]+)/gm

/** Exported for its own test. */
export function importsOf(file: string, text: string): readonly Import[] {
  const code = withoutComments(text)
  return [...code.matchAll(statement)].map((found) => {
    const [, typeWord, clause = '', from, bare, dynamic] = found
    const written = from ?? bare ?? literalOf(dynamic ?? '')
    const isOwn = written.startsWith('.')
    const names = dynamic !== undefined ? ['*'] : valueNames(clause)
    return {
      file,
      line: code.slice(0, found.index + found[0].search(/\S/)).split('\n').length,
      target: isOwn ? posix.join(dirname(file).split(sep).join('/'), written) : written,
      isOwn,
      isType: typeWord !== undefined || (from !== undefined && names.length === 0),
      names: typeWord === undefined ? names : [],
    }
  })
}

/** Blanks comments out and keeps every line where it is. Strings that hold `//` (addresses) are left alone. */
export function withoutComments(text: string): string {
  return text.replace(/'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|"(?:\\.|[^"\\\n])*"|\/\*[^]*?\*\/|\/\/[^\n]*/g, (piece) =>
    piece.startsWith('/') ? piece.replace(/[^\n]/g, ' ') : piece,
  )
}

function valueNames(clause: string): readonly string[] {
  const [before = '', inside = ''] = clause.split(/[{}]/)
  const listed = inside
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '' && !item.startsWith('type '))
    .map((item) => item.split(/\s+as\s+/)[0] ?? item)
  const whole = before.replaceAll(',', '').trim() === '' ? [] : ['*']
  return [...whole, ...listed]
}

/** A computed path cannot be checked, so it is reported as it stands. */
function literalOf(argument: string): string {
  return /^'([^']+)'/.exec(argument)?.[1] ?? argument
}

function filesUnder(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesUnder(path)
    return entry.name.endsWith('.ts') ? [path] : []
  })
}
