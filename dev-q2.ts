import { sandboxToken, callFhir, defaultPurpose } from './bin/sandbox/client.ts'
import { readFileSync } from 'node:fs'
const key = JSON.parse(readFileSync('/tmp/dev/sandbox/cli.json', 'utf8'))
const base = 'http://localhost:18080'
const tok = async (as: string, extra = {}) => sandboxToken(key, { as, purposes: [defaultPurpose(as)], ...extra })
const sys = await tok('clinic-system')
const al = await callFhir(base, sys, { method: 'GET', path: `AllergyIntolerance` }); console.log(JSON.stringify((al.body as any).entry.map((e: any) => [e.resource.id, e.resource.patient.reference])))
const pa = await callFhir(base, sys, { method: 'GET', path: `Patient?_count=50` }); console.log(JSON.stringify((pa.body as any).entry.map((e: any) => [e.resource.id, e.resource.name[0].text, e.resource.birthDate])))
