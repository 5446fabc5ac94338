/** Story 9: unconscious in the emergency room, without a consent. */
import { activeConsents, isSame, look, lookAs, only, wholeChart } from './looking.ts'
import { doctorOf, doctorWords, type Story } from './stage.ts'

const ground = { purposes: ['TREAT', 'BTG'], reason: 'unconscious', note: '의식 없음, 보호자 연락 안 됨 (시연)' } as const

export const breakGlass: Story = {
  number: 9,
  title: 'unconscious in the emergency room, no consent',
  async play(stage) {
    const name = `patient-${stage.cast.patient.number}`
    const { who, person, whole } = await wholeChart(stage, name)
    const { viewer } = stage.cast
    stage.promise('no consent is in force', (await activeConsents(who)).length === 0)
    const before = await look(stage, viewer, person)
    stage.promise('without a declared emergency the own part is all', isSame(before, only(whole, viewer)))
    stage.step(`${doctorWords(viewer)} declares an emergency: the patient is unconscious`)
    const declared = await stage.as(doctorOf(viewer), { ...ground, patient: person })
    const seen = await lookAs(stage, declared, person)
    stage.promise('everything is there, for this patient and this doctor', isSame(seen, [...whole.keys()]))
    const after = await look(stage, viewer, person, ' with an ordinary token')
    stage.promise('the glass is broken for the one who broke it only', isSame(after, only(whole, viewer)))
    for (const reader of [name, 'privacy-officer']) {
      stage.step(`${reader} reads the ledger`)
      const { resources } = await (await stage.as(reader)).get(`AuditEvent?patient=${person}&_count=100`)
      const broken = resources.filter((each) => each.resourceType === 'AuditEvent' && each.subtype?.[0]?.code === 'break-glass')
      stage.shows(`${broken.length} of ${resources.length} entries say that the glass was broken`)
      stage.promise('by whom and on which ground is there', JSON.stringify(broken[0] ?? '').includes('unconscious'))
    }
  },
}
