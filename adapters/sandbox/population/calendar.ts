/** Days as text and days as numbers; Korean wall time throughout, no clock. */

const dayMs = 86_400_000

/** `2026-03-02` plus so many days */
export function plusDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * dayMs).toISOString().slice(0, 10)
}

export function daysBetween(from: string, until: string): number {
  return Math.round((Date.parse(`${until}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / dayMs)
}

/** Years with fraction. */
export function ageOn(birthDate: string, day: string): number {
  const years = Number(day.slice(0, 4)) - Number(birthDate.slice(0, 4))
  const hadBirthday = day.slice(5) >= birthDate.slice(5)
  const whole = hadBirthday ? years : years - 1
  const last = `${Number(birthDate.slice(0, 4)) + whole}${birthDate.slice(4)}`
  return whole + Math.min(0.999, daysBetween(last, day) / 365.25)
}

/** January is 0. */
export function monthOf(day: string): number {
  return Number(day.slice(5, 7)) - 1
}

/** public holidays that fall on the same day every year; those of the lunar calendar are left out */
const holidays = ['01-01', '03-01', '05-05', '06-06', '08-15', '10-03', '10-09', '12-25']

/** The nearest day on or after `day` on which the doors are open: no holidays, no Sundays, and at hospitals no Saturdays. */
export function openDay(day: string, isHospital: boolean): string {
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay()
  const isClosed = weekday === 0 || (weekday === 6 && isHospital) || holidays.includes(day.slice(5))
  return isClosed ? openDay(plusDays(day, 1), isHospital) : day
}

/** `2026-03-02T09:30` plus minutes */
export function plusMinutes(time: string, minutes: number): string {
  return new Date(Date.parse(`${time}:00Z`) + minutes * 60_000).toISOString().slice(0, 16)
}
