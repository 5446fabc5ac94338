/** The shape of the charts in `charts.ts`: what a doctor would write down, before it becomes FHIR. */

import type { departments } from './charts.ts'

export interface Department {
  /** national department code */
  readonly code: string
  readonly name: string
  readonly doctor: string
  /** invented licence number */
  readonly licence: string
}

export interface Diagnosis {
  readonly kcd: string
  readonly text: string
  readonly status?: 'active' | 'resolved'
}

export interface Prescription {
  readonly edi: string
  readonly atc: string
  readonly ingredient: string
  readonly product: string
  readonly dose: number
  readonly unit: string
  readonly perDay: number
  readonly days: number
  readonly dosage: string
}

export interface Laboratory {
  readonly loinc: string
  readonly text: string
  readonly value: number
  /** UCUM */
  readonly unit: string
  readonly low?: number
  readonly high?: number
}

export interface Allergy {
  readonly atc?: string
  readonly text: string
  readonly category: 'medication' | 'food'
  readonly reaction: string
  readonly onset: string
}

export interface Surgery {
  readonly snomed: string
  readonly display: string
  readonly text: string
  /** 1 수술, 2 처치 */
  readonly category: 1 | 2
}

export interface Vaccination {
  /** krcore-vcnt-types */
  readonly code: string
  readonly text: string
}

export interface Visit {
  readonly department: keyof typeof departments
  readonly class: 'AMB' | 'IMP' | 'EMER'
  /** the visit began so many days before the day of the seed; without an end it is going on now */
  readonly daysAgo: number
  readonly time: string
  readonly hours?: number
  readonly diagnoses: readonly Diagnosis[]
  readonly drugs?: readonly Prescription[]
  readonly labs?: readonly Laboratory[]
  readonly surgeries?: readonly Surgery[]
  readonly vaccinations?: readonly Vaccination[]
}

export interface Chart {
  readonly person: number
  readonly allergies: readonly Allergy[]
  readonly visits: readonly Visit[]
}
