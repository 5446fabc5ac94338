import { sandboxToken, callFhir, defaultPurpose } from './bin/sandbox/client.ts'
import { readFileSync } from 'node:fs'
const key = JSON.parse(readFileSync('/tmp/dev/sandbox/cli.json', 'utf8'))
const base = 'http://localhost:18080'
const tok = async (as: string, extra = {}) => sandboxToken(key, { as, purposes: [defaultPurpose(as)], ...extra })
const show = (label: string, r: { status: number; body: unknown }, n = 700) => console.log(label, r.status, JSON.stringify(r.body)?.slice(0, n))
const sys = await tok('clinic-system')
for (const t of ['Patient', 'Condition', 'AllergyIntolerance', 'Observation', 'Encounter', 'MedicationRequest']) { const r = await callFhir(base, sys, { method: 'GET', path: `${t}?_count=0` }); console.log(t, (r.body as any).total) }
const p1 = await tok('patient-1')
const person = JSON.stringify(JSON.parse(Buffer.from(p1.split('.')[1]!, 'base64url').toString())).match(/"person_id":"([^"]+)"/)?.[1]!
const doc = await tok('tertiary-doctor')
const s = await callFhir(base, doc, { method: 'GET', path: `Patient/${person}/$summary` })
for (const e of (s.body as any).entry) console.log(e.resource.resourceType, e.resource.meta?.source, JSON.stringify(e.resource.code ?? e.resource.identifier ?? '').slice(0, 140))
const ev = await callFhir(base, doc, { method: 'GET', path: `Patient/${person}/$everything` })
for (const e of (ev.body as any).entry) console.log(e.resource.resourceType, e.resource.id, e.resource.meta?.source, JSON.stringify(e.resource.subject ?? e.resource.patient ?? '').slice(0, 140))
const a = await callFhir(base, await tok('auditor'), { method: 'GET', path: 'AuditEvent?_count=3' }); show('audit', a, 1500)
