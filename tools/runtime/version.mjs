/** True when this Node strips types by itself (22.18 or newer in line 22, 24.2 or newer otherwise): what the sources and @medplum/core need. */
export function isNodeRecent(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major === 22) return minor >= 18
  if (major === 24) return minor >= 2
  return major > 24
}
