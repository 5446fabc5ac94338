/** `carenet profiles`: packages put in, and how an EMR's sample files fare. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { profilesCheck, type CheckOptions } from '../../bin/profiles-check.ts'
import { profilesAdd, profilesList, profilesRemove } from '../../bin/profiles.ts'
import { loaded } from '../support/guide.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'carenet-profiles-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const said = async (run: (options: { env: Record<string, string>; print: (line: string) => void }) => Promise<unknown>) => {
  const lines: string[] = []
  const result = await run({ env: { CARENET_DATA_DIR: join(folder, 'data') }, print: (line) => void lines.push(line) })
  return { result, text: lines.join('\n') }
}
const check = (path: string, more: Partial<CheckOptions> = {}) =>
  said((options) => profilesCheck({ ...options, paths: [path], profile: [], set: 'kr-core', language: 'ko', ...more }))

/** A file of a tar archive: its header says no more than reading needs. */
function tarred(path: string, content: string): Buffer {
  const bytes = Buffer.from(content)
  const header = Buffer.alloc(512)
  header.write(path, 0)
  header.write(`${bytes.length.toString(8).padStart(11, '0')} `, 124)
  header.write('0', 156)
  header.write('ustar', 257)
  return Buffer.concat([header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)])
}

const url = 'https://emr.example.kr/StructureDefinition/phone'
const phone = {
  resourceType: 'StructureDefinition',
  url,
  name: 'Phone',
  status: 'draft',
  kind: 'resource',
  abstract: false,
  type: 'Patient',
  baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Patient',
  derivation: 'constraint',
  differential: { element: [{ id: 'Patient.telecom', path: 'Patient.telecom', min: 1 }] },
}

function packageFile(fhirVersion: string): string {
  const about = { name: 'kr.example.emr', version: '1.2.0', fhirVersions: [fhirVersion] }
  const files = [
    tarred('package/package.json', JSON.stringify(about)),
    tarred('package/StructureDefinition-phone.json', JSON.stringify(phone)),
  ]
  const file = join(folder, `emr-${fhirVersion}.tgz`)
  writeFileSync(file, gzipSync(Buffer.concat([...files, tarred('package/example/broken.json', 'no JSON'), Buffer.alloc(1024)])))
  return file
}

test('a package that is put in is known by its profiles, until it is removed; another version of FHIR is refused', async () => {
  const sample = join(folder, 'patient.json')
  writeFileSync(sample, JSON.stringify({ resourceType: 'Patient', id: 'p' }))
  await expect(check(sample, { profile: [url] })).rejects.toThrow('is known')
  expect((await said((options) => profilesAdd({ ...options, file: packageFile('4.0.1') }))).text).toContain(
    'kr.example.emr\t1.2.0\t1 definitions',
  )
  expect((await said(profilesList)).text).toMatch(
    /kr\.example\.emr 1\.2\.0: 1 definitions, 1 profiles\n {2}Patient\thttps:\/\/emr\.example\.kr/,
  )
  const { result, text } = await check(sample, { profile: [url] })
  expect([result, text]).toEqual([false, expect.stringContaining(`| ${sample} | invalid | 1 |`)])
  await expect(said((options) => profilesAdd({ ...options, file: packageFile('5.0.0') }))).rejects.toThrow('another version than R4')
  await expect(said((options) => profilesAdd({ ...options, file: sample }))).rejects.toThrow('not a gzipped file')
  expect((await said((options) => profilesRemove({ ...options, name: 'kr.example.emr' }))).result).toBe(true)
  expect((await said((options) => profilesRemove({ ...options, name: '../../passwd' }))).result).toBe(false)
})

test('a folder of samples is read as JSON, XML and lines; each file has its verdict, and no value is repeated', async () => {
  const samples = join(folder, 'samples')
  mkdirSync(join(samples, 'deep'), { recursive: true })
  const valid = loaded('examples/care-patient/valid-clinic.json')
  writeFileSync(join(samples, 'a.json'), JSON.stringify(valid))
  writeFileSync(join(samples, 'deep', 'b.xml'), '<Patient xmlns="http://hl7.org/fhir"><gender value="unheard-of"/></Patient>')
  writeFileSync(join(samples, 'c.ndjson'), `${JSON.stringify(valid)}\n{"resourceType":"Patient",\n`)
  const { result, text } = await check(samples, { details: true })
  expect(result).toBe(false)
  expect(text).toMatch(/a\.json \| valid \| 0 \|/)
  expect(text).toMatch(/b\.xml \| invalid \| \d+ \|.*code-not-in-value-set/)
  expect(text).toMatch(/c\.ndjson:1 \| valid/)
  expect(text).toMatch(/c\.ndjson:2 \| invalid \| 1 \|.*json-/)
  expect(text).toMatch(/1:\d+ error code-not-in-value-set Patient\.gender: .*[가-힣]/)
  expect(text).toContain('4 checked: 2 valid, 2 not')
  expect(text).not.toContain('unheard-of')
  expect((await check(join(samples, 'a.json'))).result).toBe(true)
})

test('the number system of a hospital whose 요양기관기호 begins with 0 is told, and refused only where R4 alone is asked', async () => {
  const file = join(folder, 'zero.json')
  const identifier = [{ system: 'urn:oid:1.2.410.100110.10.01100003', value: '1' }]
  writeFileSync(file, JSON.stringify({ resourceType: 'Basic', code: { text: 'x' }, identifier }))
  const { result, text } = await check(file)
  expect([result, text]).toEqual([true, expect.stringContaining('| valid | 0 | 1 | oid-national |')])
  writeFileSync(file, JSON.stringify({ resourceType: 'Basic', code: { text: 'x' }, identifier: [{ system: 'urn:oid:1.02.3' }] }))
  expect((await check(file)).text).toContain('oid-format')
})
