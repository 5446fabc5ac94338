/** Small changes to a source, each of which a test ought to notice. One replacement of text each; types are left alone. */
import { SyntaxKind, type Node, type SourceFile } from 'typescript/unstable/ast'
import {
  isArrayLiteralExpression,
  isBinaryExpression,
  isBlock,
  isCallExpression,
  isConditionalExpression,
  isContinueStatement,
  isForStatement,
  isIfStatement,
  isImportDeclaration,
  isExportDeclaration,
  isNumericLiteral,
  isObjectLiteralExpression,
  isPrefixUnaryExpression,
  isPropertyAccessExpression,
  isPropertyAssignment,
  isReturnStatement,
  isSpreadAssignment,
  isStringLiteral,
  isThrowStatement,
  isTypeNode,
} from 'typescript/unstable/ast/is'

export interface Mutant {
  readonly file: string
  readonly line: number
  readonly kind: string
  readonly start: number
  readonly end: number
  readonly put: string
  /** the text replaced, on one line, for people */
  readonly was: string
}

type Change = readonly [kind: string, node: Node | readonly [number, number], put: string]

const swaps: ReadonlyMap<SyntaxKind, readonly (readonly [string, string])[]> = new Map([
  [SyntaxKind.AmpersandAmpersandToken, [['and to or', '||']]],
  [SyntaxKind.BarBarToken, [['or to and', '&&']]],
  [SyntaxKind.EqualsEqualsEqualsToken, [['comparison', '!==']]],
  [SyntaxKind.ExclamationEqualsEqualsToken, [['comparison', '===']]],
  [
    SyntaxKind.LessThanToken,
    [
      ['comparison', '<='],
      ['comparison', '>='],
    ],
  ],
  [
    SyntaxKind.LessThanEqualsToken,
    [
      ['comparison', '<'],
      ['comparison', '>'],
    ],
  ],
  [
    SyntaxKind.GreaterThanToken,
    [
      ['comparison', '>='],
      ['comparison', '<='],
    ],
  ],
  [
    SyntaxKind.GreaterThanEqualsToken,
    [
      ['comparison', '>'],
      ['comparison', '<'],
    ],
  ],
])

const calls: Readonly<Record<string, string>> = { some: 'every', every: 'some', min: 'max', max: 'min' }

/** A word of a code system, a key or a discriminant; sentences for people are not codes. */
const code = /^[\w:|/.-]+$/

export function mutantsOf(tree: SourceFile, file: string): readonly Mutant[] {
  const { text } = tree
  const found = new Map<string, Mutant>()
  const visit = (node: Node): void => {
    if (isTypeNode(node) || isImportDeclaration(node) || isExportDeclaration(node)) return
    for (const [kind, at, put] of changesOf(node, tree)) {
      const [start, end] = 'kind' in at ? [at.getStart(tree), at.end] : at
      const was = text.slice(start, end)
      const line = text.slice(0, start).split('\n').length
      const key = `${start}|${end}|${put}`
      if (was !== put && !found.has(key)) found.set(key, { file, line, kind, start, end, put, was: was.replaceAll(/\s+/g, ' ') })
    }
    node.forEachChild(visit)
  }
  visit(tree)
  return [...found.values()]
}

function changesOf(node: Node, tree: SourceFile): readonly Change[] {
  const textOf = (part: Node): string => tree.text.slice(part.getStart(tree), part.end)
  if (isIfStatement(node)) return conditionsOf(node.expression, textOf)
  if (isConditionalExpression(node)) return conditionsOf(node.condition, textOf)
  if (isForStatement(node)) return node.condition === undefined ? [] : [['forced false', node.condition, 'false']]
  if (isBinaryExpression(node))
    return (swaps.get(node.operatorToken.kind) ?? []).map(([kind, put]): Change => [kind, node.operatorToken, put])
  if (isPrefixUnaryExpression(node) && node.operator === SyntaxKind.ExclamationToken) return [['negated', node, textOf(node.operand)]]
  if (isCallExpression(node) && isPropertyAccessExpression(node.expression)) {
    const { name } = node.expression
    const other = calls[textOf(name)]
    return other === undefined ? [] : [['call', name, other]]
  }
  if (node.kind === SyntaxKind.TrueKeyword) return [['boolean', node, 'false']]
  if (node.kind === SyntaxKind.FalseKeyword) return [['boolean', node, 'true']]
  if (isNumericLiteral(node)) {
    const value = Number(node.text.replaceAll('_', ''))
    return [
      ['number', node, `${value + 1}`],
      ['number', node, `(${value - 1})`],
    ]
  }
  if (isArrayLiteralExpression(node)) return node.elements.map((_, index) => removal(node, node.elements, index, tree))
  if (isObjectLiteralExpression(node))
    return node.properties.flatMap((property, index) => (isSpreadAssignment(property) ? [removal(node, node.properties, index, tree)] : []))
  if (isStringLiteral(node) && code.test(node.text) && !isCovered(node)) return [['emptied', node, "''"]]
  return isBlock(node) ? exitsOf(node, textOf) : []
}

/** Where turning a comparison or a `!` round says the same, that one is left to it. */
function conditionsOf(condition: Node, textOf: (part: Node) => string): readonly Change[] {
  const isTurnedAnyway = isEquality(condition) || isPrefixUnaryExpression(condition)
  const forced = [true, false].map((value): Change => [`forced ${value}`, condition, `${value}`])
  return isTurnedAnyway ? forced : [['negated', condition, `!(${textOf(condition)})`], ...forced]
}

function isEquality(node: Node): boolean {
  if (!isBinaryExpression(node)) return false
  const { kind } = node.operatorToken
  return kind === SyntaxKind.EqualsEqualsEqualsToken || kind === SyntaxKind.ExclamationEqualsEqualsToken
}

/** With the comma after it; the last one with the comma before it and any behind it, so that no hole is left. */
function removal(list: Node, members: readonly Node[], index: number, tree: SourceFile): Change {
  const [before, member, next] = [members[index - 1], members[index], members[index + 1]]
  const start = member?.getStart(tree) ?? list.end
  if (next !== undefined) return ['removed', [start, next.getStart(tree)], '']
  return ['removed', [before?.end ?? start, list.end - 1], '']
}

/** A name (`'a-key': value`), or where emptying comes to the same as removing an element or forcing a condition. */
function isCovered(node: Node): boolean {
  const { parent } = node
  if (isPropertyAssignment(parent)) return parent.name === node
  if (isArrayLiteralExpression(parent)) return true
  return isEquality(parent) && (isIfStatement(parent.parent) || isConditionalExpression(parent.parent))
}

/** An early exit after other statements; alone behind a condition it goes with the condition forced false. */
function exitsOf(node: Node, textOf: (part: Node) => string): readonly Change[] {
  if (!isBlock(node) || !isIfStatement(node.parent) || node.statements.length < 2) return []
  const last = node.statements.at(-1)
  if (last === undefined || !(isReturnStatement(last) || isContinueStatement(last) || isThrowStatement(last))) return []
  return [['exit removed', last, isReturnStatement(last) && last.expression !== undefined ? `void (${textOf(last.expression)})` : ';']]
}
