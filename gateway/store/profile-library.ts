/**
 * The network's validator: R4, KR Core, our guide and the packages put in. Everything is read when it is first needed, once; a package that is
 * put in later is seen after a restart.
 */
import { layered, lazily, type Source } from '../../fhir-profiles/terminology/source.ts'
import { bundledSource, sourceOf, terminologyOf } from '../../fhir-profiles/terminology/terminology.ts'
import { isResource } from '../../fhir-profiles/validate/guards.ts'
import { profileLibrary, type ProfileLibrary } from '../../fhir-profiles/validate/profile-sets.ts'
import { guideResources, installedPackages, koreanResources } from './profile-packages.ts'
import { installedReleases } from './terminology-releases.ts'

export interface Installed {
  /** every code system, value set and concept map at hand: releases, our guide, packages, and what is committed */
  readonly source: Source
  readonly library: () => ProfileLibrary
}

export function installedDefinitions(dataDir: string): Installed {
  const packages = lazily(() => installedPackages(dataDir).flatMap(({ resources }) => resources))
  const guide = lazily(guideResources)
  const own = late(lazily(() => sourceOf([...guide(), ...packages()].filter((each) => isResource(each)))))
  const source = layered([installedReleases(dataDir), own, bundledSource()])
  const library = lazily(() =>
    profileLibrary({ guide: guide(), korean: koreanResources(), packages: packages(), terminology: terminologyOf(source) }),
  )
  return { source, library }
}

/** A source that is made at the first question. */
function late(made: () => Source): Source {
  return {
    system: (url) => made().system(url),
    valueSet: (url) => made().valueSet(url),
    maps: () => made().maps(),
    heads: (type) => made().heads(type),
    oids: () => made().oids(),
  }
}
