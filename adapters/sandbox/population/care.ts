/** A year of care as no single EMR writes it: what happened, to whom, where. Each EMR turns it into its own words. Times are Korean wall time. */
import type { Place } from './conditions.ts'
import type { Prescription } from './drugs.ts'
import type { Resident } from './people.ts'
import type { PanelName, Test } from './tests.ts'

export interface Diagnosis {
  readonly kcd: string
  readonly name: string
  readonly status: 'active' | 'resolved'
  readonly sensitive?: 'mental' | 'hiv' | 'genetic'
}

export interface Result {
  readonly test: Test
  /** a number with the digits the laboratory prints, one with `<` before it, or words */
  readonly value: string
}

export interface Vitals {
  readonly pressure?: readonly [systolic: number, diastolic: number]
  readonly heightCm?: number
  readonly weightKg?: number
  readonly celsius?: number
}

export interface Document {
  readonly kind: 'imaging' | 'operation' | 'discharge' | 'pathology' | 'genetic' | 'consult'
  readonly title: string
  /** lines divided by `\n` */
  readonly text: string
}

export interface Procedure {
  readonly snomed: string
  readonly display: string
  readonly name: string
}

export interface Visit {
  readonly person: number
  readonly place: Place
  /** national department code */
  readonly department: string
  readonly kind: 'outpatient' | 'inpatient' | 'emergency'
  /** `2026-03-02T09:30`, Asia/Seoul */
  readonly start: string
  readonly end: string
  readonly diagnoses: readonly Diagnosis[]
  readonly prescriptions: readonly Prescription[]
  readonly panels: readonly { readonly panel: PanelName; readonly results: readonly Result[] }[]
  readonly vitals: Vitals
  /** code and name of krcore-vcnt-types */
  readonly vaccinations: readonly { readonly code: string; readonly name: string }[]
  readonly procedures: readonly Procedure[]
  readonly documents: readonly Document[]
}

export interface Allergy {
  /** the clinic's own code */
  readonly local: string
  readonly atc?: string
  readonly snomed?: string
  readonly name: string
  readonly category: 'medication' | 'food' | 'environment'
  readonly reaction: string
  readonly severity: 'mild' | 'moderate' | 'severe'
  /** day it was first written down */
  readonly since: string
  readonly knownAt: readonly Place[]
}

export interface Patient extends Resident {
  readonly at: readonly Place[]
  readonly allergies: readonly Allergy[]
  /** oldest first; never after the day the chart is written for */
  readonly visits: readonly Visit[]
}
