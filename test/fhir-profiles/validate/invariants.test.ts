import fhirpath from 'fhirpath'
import r4 from 'fhirpath/fhir-context/r4/index.js'
import { expect, test } from '@jest/globals'
import { definitionsWith } from '../../../fhir-profiles/definitions/definitions.ts'
import { Findings } from '../../../fhir-profiles/validate/finding.ts'
import { within } from '../../../fhir-profiles/validate/node.ts'
import type { Node } from '../../../fhir-profiles/validate/node.ts'
import { BeyondUs, compilePath } from '../../../fhir-profiles/validate/path-expression.ts'
import { readResource } from '../../../fhir-profiles/validate/read-nodes.ts'
import { typesOf } from '../../../fhir-profiles/validate/type-info.ts'
import { cases, seedOr } from '../../support/proof.ts'
import { instanceOf, pick, randomFrom, resourceTypesOf } from './generated.ts'

// the package's two descriptions of a model differ in how they write what may be absent
const model = r4 as fhirpath.Model
const types = typesOf(definitionsWith([]))

interface Check {
  readonly expression: string
  readonly base: string
}

/** Invariants at a node, with the base path fhirpath.js needs. */
function checksAt(node: Node): readonly Check[] {
  const base =
    node.parent === undefined || node.type.kind === 'resource' || node.type.name.includes('.')
      ? node.type.name
      : `${node.parent.type.name}.${node.key ?? ''}`
  return [...node.type.constraints, ...(node.element?.constraints ?? [])].map(({ expression }) => ({ expression, base }))
}

function quick(expression: string, node: Node): boolean | undefined {
  try {
    return compilePath(expression)?.(node, node.resource)
  } catch (error) {
    if (error instanceof BeyondUs) return undefined
    throw error
  }
}

const compiled = new Map<string, (data: unknown, variables: Record<string, unknown>) => unknown>()

function slow({ expression, base }: Check, node: Node): boolean | undefined {
  const key = `${base} ${expression}`
  const evaluate = compiled.get(key) ?? fhirpath.compile({ base, expression }, model, { traceFn: () => undefined })
  compiled.set(key, evaluate)
  try {
    const result: unknown = evaluate(node.plain, { resource: node.resource.plain, rootResource: node.container.plain })
    return Array.isArray(result) && result.length > 0 && result[0] !== false
  } catch {
    // several values where one is wanted: ours leaves that to the engine, so there is nothing to compare
    return undefined
  }
}

test('the invariants compiled by us say what fhirpath.js says, on generated resources', () => {
  const random = randomFrom(seedOr(61122))
  const names = resourceTypesOf(types)
  const differences: string[] = []
  let compared = 0
  for (let index = 0; index < cases(250); index += 1) {
    const type = types.of(pick(random, names) ?? 'Patient')
    const root =
      type === undefined
        ? undefined
        : readResource({ types, findings: new Findings(1_000_000), maxDepth: 50 }, instanceOf(types, type, random))
    for (const node of root === undefined ? [] : within(root)) {
      for (const check of node.plain === undefined ? [] : checksAt(node)) {
        const ours = quick(check.expression, node)
        if (ours === undefined) continue
        const theirs = slow(check, node)
        compared += 1
        if (theirs !== undefined && ours !== theirs)
          differences.push(`${check.base}: ${check.expression}: ${ours}: ${JSON.stringify(node.plain).slice(0, 300)}`)
      }
    }
  }
  expect(differences.slice(0, 5)).toEqual([])
  expect(compared).toBeGreaterThan(cases(500))
})
