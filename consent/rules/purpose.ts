/**
 * Does the provision concern the purpose of the request? A purpose covers its descendants in v3-ActReason, except that break-glass and
 * emergency treatment are covered only where they are named themselves.
 * Spec: http://hl7.org/fhir/R4/consent-definitions.html#Consent.provision.purpose · http://terminology.hl7.org/CodeSystem/v3-ActReason
 */
import { system } from '../../fhir-profiles/codes.ts'
import type { Coding, ConsentProvision } from '../../fhir-profiles/r4.ts'
import { always, truth } from '../condition.ts'
import type { Purpose } from '../types.ts'
import { readRepeats, sorted, type Read, type Rule, type Stated } from './rule.ts'

/** Children of each purpose, as published with R4 (2018-08-12); `PurposeOfUse` is the abstract root. */
const children: Readonly<Record<Purpose, string>> = {
  PurposeOfUse: 'HMARKT HOPERAT HPAYMT HRESCH PATRQT PUBHLTH TREAT',
  HOPERAT:
    'CAREMGT DONAT FRAUD GOV HACCRED HCOMPL HDECD HDIRECT HDM HLEGAL HOUTCOMS HPRGRP HQUALIMP HSYSADMIN MEMADMIN MILCDM PATADMIN PATSFTY PERFMSR RECORDMGT SYSDEV TRAIN',
  HSYSADMIN: 'LABELING METAMGT',
  SYSDEV: 'HTEST',
  HPAYMT: 'CLMATTCH COVAUTH COVERAGE REMITADV',
  COVERAGE: 'ELIGDTRM ELIGVER ENROLLM MILDCRG',
  HRESCH: 'BIORCH CLINTRCH DSRCH POARCH TRANSRCH',
  CLINTRCH: 'CLINTRCHNPC CLINTRCHPC PRECLINTRCH',
  PATRQT: 'FAMRQT PWATRNY SUPNWK',
  PUBHLTH: 'DISASTER THREAT',
  TREAT: 'CLINTRL COC ETREAT POPHLTH',
  ETREAT: 'BTG ERTREAT',
}

const parents: ReadonlyMap<Purpose, Purpose> = new Map(
  Object.entries(children).flatMap(([parent, codes]) => codes.split(' ').map((child) => [child, parent])),
)

/** Purposes that open what an ordinary purpose does not, hence never meant by a broader word. */
export const emergencyPurposes: readonly Purpose[] = ['BTG', 'ETREAT']

export const purpose: Rule = {
  element: 'purpose',
  part: 'context',
  read: readPurposes,
  ask({ type, purposes }, { purpose: asked }) {
    if (purposes === null) return always
    // What a purpose of our own includes is not published: a permit means it alone, a refusal that inherits it may mean any.
    if (type === 'deny' && purposes.some(isOwnWord)) return always
    return truth(purposes.some((named) => covers(named, asked)))
  },
}

/** `system|code`: a purpose of another system than v3-ActReason. */
function isOwnWord(purpose: Purpose): boolean {
  return purpose.includes('|')
}

/** Whether a purpose named in a consent speaks about the purpose asked for. */
export function covers(named: Purpose, asked: Purpose): boolean {
  if (named === asked) return true
  if (emergencyPurposes.includes(asked)) return false
  for (let broader = parents.get(asked); broader !== undefined; broader = parents.get(broader)) if (broader === named) return true
  return false
}

function readPurposes(provision: ConsentProvision, expression: string): Stated | undefined {
  if (provision.purpose === undefined) return undefined
  const { values, unreadable } = readRepeats(provision.purpose, `${expression}.purpose`, (coding) => readPurpose(coding, provision.type))
  return { terms: { purposes: sorted(values) }, unreadable }
}

function readPurpose({ system: of, code }: Coding, type: ConsentProvision['type']): Read<Purpose> {
  const isKnown = code !== undefined && (parents.has(code) || code === 'PurposeOfUse')
  if (of === system.actReason) return isKnown ? { value: code } : { reason: 'not a purpose of use' }
  if (type === 'permit' && of !== undefined && code !== undefined) return { value: `${of}|${code}` }
  return { reason: 'not a purpose of use' }
}
