import { sandboxToken, callFhir, defaultPurpose } from './bin/sandbox/client.ts'
import { readFileSync } from 'node:fs'
const key = JSON.parse(readFileSync('/tmp/dev/sandbox/cli.json', 'utf8'))
const base = 'http://localhost:18080'
const tok = async (as: string, extra = {}) => sandboxToken(key, { as, purposes: [defaultPurpose(as)], ...extra })
const p1 = await tok('patient-1')
const person = JSON.stringify(JSON.parse(Buffer.from(p1.split('.')[1]!, 'base64url').toString())).match(/"person_id":"([^"]+)"/)?.[1]!
for (const who of ['clinic-doctor', 'tertiary-doctor', 'patient-1']) {
  const t = await tok(who)
  for (const q of [`AllergyIntolerance?patient=${person}`, `Encounter?patient=${person}`, `Patient/${person}`, `Patient/${person}/$everything`]) { const r = await callFhir(base, t, { method: 'GET', path: q }); console.log(who, q, r.status, (r.body as any).total, q.startsWith('Patient/') ? JSON.stringify(r.body).slice(0, 300) : '') }
}
const sys = await tok('clinic-system')
for (const q of [`AllergyIntolerance?patient=C-0001`, `Patient/C-0001/$everything`, 'Patient/C-0001']) { const r = await callFhir(base, sys, { method: 'GET', path: q }); console.log(q, r.status, (r.body as any).total, JSON.stringify(r.body).slice(0,200)) }
