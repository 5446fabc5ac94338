/** What nothing is known against: an uncoded, undated record of normal confidentiality that refers to nothing. */
import type { Facts } from '../../consent/types.ts'

type Content = Pick<Facts, 'codes' | 'confidentiality' | 'sensitivities' | 'fromMs' | 'untilMs' | 'relations'>

export const plainContent: Content = { codes: [], confidentiality: 3, sensitivities: [], fromMs: 0, untilMs: 0, relations: [] }
