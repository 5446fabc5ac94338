/** How often records of an institution did not meet its profiles, in this process: names of institutions and counts, nothing of a record. */

export interface ProfileTally {
  add(institution: string, verdict: 'refused' | 'accepted-with-issues' | 'met'): void
  counts(): readonly { readonly institution: string; readonly verdict: string; readonly count: number }[]
}

export function createProfileTally(): ProfileTally {
  const counts = new Map<string, { institution: string; verdict: string; count: number }>()
  return {
    add(institution, verdict) {
      const key = `${institution} ${verdict}`
      const row = counts.get(key) ?? { institution, verdict, count: 0 }
      row.count += 1
      counts.set(key, row)
    },
    counts: () => [...counts.values()],
  }
}
