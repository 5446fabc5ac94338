/** Which elements R4 shows in a summary (`isSummary`), by resource type and nested structure. */

/** @returns {Record<string, string>} structure → names of its summary elements, separated by spaces */
export function buildSummary(source, elements) {
  const wanted = new Set(elements.resourceTypes)
  const summaries = new Map()
  for (const definition of source.structures) {
    if (definition.kind !== 'resource' || !wanted.has(definition.name)) continue
    for (const element of definition.snapshot.element) {
      if (!element.path.includes('.')) continue
      const parent = element.path.slice(0, element.path.lastIndexOf('.'))
      const name = element.path.slice(parent.length + 1)
      const known =
        Object.hasOwn(elements.structures[parent] ?? {}, name) || ['id', 'meta', 'implicitRules', 'modifierExtension'].includes(name)
      const names = summaries.get(parent) ?? []
      summaries.set(parent, names)
      if (element.isSummary === true && known) names.push(name)
    }
  }
  return Object.fromEntries([...summaries].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([path, names]) => [path, names.join(' ')]))
}
