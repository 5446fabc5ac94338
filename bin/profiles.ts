/** `carenet profiles add|list|remove|build`: the FHIR packages in the data folder, and our own guide. */
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { textOf } from '../fhir-profiles/definitions/read-json.ts'
import type { Json } from '../fhir-profiles/definitions/read-json.ts'
import { readPackage } from '../fhir-profiles/package/read-package.ts'
import { dropPackage, guideResources, installedPackages, keepPackage, koreanResources } from '../gateway/store/profile-packages.ts'
import { operatorConfig, type OperatorOptions } from './operator.ts'

/** Throws with the file's fault in words; then nothing is changed. */
export async function profilesAdd(options: OperatorOptions & { readonly file: string }): Promise<void> {
  const { dataDir } = await operatorConfig(options)
  const read = readPackage(await readFile(options.file))
  if ('fault' in read) throw new Error(`\`${options.file}\`: ${read.fault}`)
  keepPackage(dataDir, read.ok)
  const { name, version, resources } = read.ok
  options.print(`${name}\t${version}\t${resources.length} definitions; a gateway that runs sees them after its next start`)
}

/** One line per package, one per profile of a resource in it. */
export async function profilesList(options: OperatorOptions): Promise<void> {
  const { dataDir } = await operatorConfig(options)
  const known = [
    { name: 'KR Core, as judged here', version: '2.0.0', resources: koreanResources() },
    { name: 'our guide', version: '', resources: guideResources() },
    ...installedPackages(dataDir),
  ]
  for (const { name, version, resources } of known) {
    const profiles = resources.filter(isProfile)
    options.print(`${name}${version === '' ? '' : ` ${version}`}: ${resources.length} definitions, ${profiles.length} profiles`)
    for (const profile of profiles) options.print(`  ${textOf(profile['type']) ?? ''}\t${textOf(profile['url']) ?? ''}`)
  }
}

function isProfile(resource: Json): boolean {
  return resource['resourceType'] === 'StructureDefinition' && resource['kind'] === 'resource' && resource['derivation'] === 'constraint'
}

/** False where there was nothing to remove. */
export async function profilesRemove(options: OperatorOptions & { readonly name: string }): Promise<boolean> {
  const { dataDir } = await operatorConfig(options)
  const was = dropPackage(dataDir, options.name)
  options.print(was ? `${options.name}: removed; a gateway that runs forgets it at its next start` : `${options.name}: not there`)
  return was
}

/** The compiler's exit code; it is a development package and runs as a program of its own. */
export async function profilesBuild({ check }: { readonly check?: boolean }): Promise<number> {
  try {
    import.meta.resolve('fsh-sushi')
  } catch (cause) {
    throw new Error('the guide is compiled with development packages: run `npm ci` in a checkout of this repository', { cause })
  }
  const tool = fileURLToPath(new URL('../tools/ig/build.mjs', import.meta.url))
  const child = spawn(process.execPath, [tool, ...(check === true ? ['--check'] : [])], { stdio: 'inherit' })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code) => resolve(code ?? 1))
  })
}
