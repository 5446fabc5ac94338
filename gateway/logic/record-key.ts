/** One text per key, for maps. */
export function keyText(key: { institution: string; type: string; local_id?: string; localId?: string }): string {
  return `${key.institution}\n${key.type}\n${key.local_id ?? key.localId ?? ''}`
}
