import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from '@jest/globals'
import definitions from '../../../fhir-profiles/validate/r4-elements.json' with { type: 'json' }
import { isResourceType, resourceTypes, structureOf } from '../../../fhir-profiles/validate/structure.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))

describe('the committed R4 definitions', () => {
  test('building them again gives the same bytes', () => {
    const folder = mkdtempSync(join(tmpdir(), 'definitions-'))
    try {
      execFileSync(process.execPath, [join(root, 'tools/definitions/build.mjs'), folder], { stdio: 'pipe' })
      for (const path of [
        'fhir-profiles/validate/r4-elements.json',
        'fhir-profiles/definitions/r4-packed.json',
        'fhir-profiles/search-parameters.json',
        'fhir-profiles/patient-compartment.json',
      ]) {
        expect(readFileSync(join(folder, path)).equals(readFileSync(join(root, path)))).toBe(true)
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('they hold the 146 types of R4 and nothing of the tool they came through', () => {
    expect(resourceTypes).toHaveLength(146)
    expect(['Bot', 'Project', 'ClientApplication', 'SubscriptionStatus', 'DomainResource', 'Meta'].filter(isResourceType)).toEqual([])
    expect([...(structureOf('Meta')?.elements.keys() ?? [])].toSorted()).toEqual([
      'extension',
      'id',
      'lastUpdated',
      'profile',
      'security',
      'source',
      'tag',
      'versionId',
    ])
    expect(structureOf('Binary')?.elements.has('url')).toBe(false)
    expect(structureOf('ResearchStudy')?.elements.has('recruitment')).toBe(false)
    expect(structureOf('EvidenceVariable.characteristic')?.required).toContainEqual(expect.objectContaining({ element: 'definition[x]' }))
  })

  test('every type that an element names is there', () => {
    const primitives = new Set<string>()
    const unknown: string[] = []
    for (const name of Object.keys(definitions.structures)) {
      for (const rule of structureOf(name)?.elements.values() ?? []) {
        if (rule.isPrimitive) primitives.add(rule.type)
        else if (rule.type !== 'Resource' && structureOf(rule.type) === undefined) unknown.push(`${name}: ${rule.type}`)
      }
    }
    expect(unknown).toEqual([])
    expect([...primitives].toSorted()).toEqual([
      'base64Binary',
      'boolean',
      'canonical',
      'code',
      'date',
      'dateTime',
      'decimal',
      'id',
      'instant',
      'integer',
      'markdown',
      'oid',
      'positiveInt',
      'string',
      'time',
      'unsignedInt',
      'uri',
      'url',
      'uuid',
      'xhtml',
    ])
  })

  test('a required code list is the published one', () => {
    expect([...(structureOf('Patient')?.elements.get('gender')?.codes?.all ?? [])]).toEqual(['male', 'female', 'other', 'unknown'])
    expect(structureOf('Observation')?.elements.get('valueQuantity')).toMatchObject({
      element: 'value[x]',
      isMany: false,
      type: 'Quantity',
    })
    expect(structureOf('toString')).toBe(undefined)
  })
})
