/**
 * Ways to learn of what one is refused, as data. Each line is `METHOD address`, then headers as `Name: value`, then a body if there is one.
 * Words in braces are chosen per request (`choices.ts`); on the store that never held it, what is hidden is an id of nothing. Of each reply the
 * status, every header and every byte are compared; `walk` follows its pages, `reuse` presents its page link as somebody else, `export` waits for
 * a bulk export and compares its manifest and every line of its files.
 */
import type { Attack } from './attack.ts'
import { acts } from './attacks-acting.ts'
import { exchanges } from './attacks-exchanging.ts'
import { reads } from './attacks-reading.ts'
import { searches } from './attacks-searching.ts'

export type { Attack } from './attack.ts'

export const attacks: readonly Attack[] = [...reads, ...searches, ...acts, ...exchanges]
