/**
 * Ways to learn of what one is refused, as data. Each line is `METHOD address`, then headers as `Name: value`, then a body if there is one.
 * Words in braces are chosen per request (`choices.ts`); on the store that never held it, what is hidden is an id of nothing. Of each reply the
 * status, every header and every byte are compared; `walk` follows its pages, `reuse` presents its page link as somebody else, `export` waits for
 * a bulk export and compares its manifest and every line of its files, `export-refused` fetches them after somebody in them has refused.
 */
import type { Attack } from './attack.ts'
import { acts } from './attacks-acting.ts'
import { exchanges } from './attacks-exchanging.ts'
import { filters } from './attacks-filtering.ts'
import { followings } from './attacks-following.ts'
import { publics } from './attacks-public.ts'
import { reads } from './attacks-reading.ts'
import { searches } from './attacks-searching.ts'
import { versions } from './attacks-versions.ts'

export type { Attack } from './attack.ts'

export const attacks: readonly Attack[] = [...reads, ...searches, ...followings, ...filters, ...versions, ...acts, ...exchanges, ...publics]
