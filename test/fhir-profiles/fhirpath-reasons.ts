/** Why a published FHIRPath case does not pass. */
export const reasons = {
  static:
    'Wants the expression refused before it runs, by what it could find; fhirpath.js judges what it finds, and an invariant then says nothing.',
  singleton:
    'Wants an error where a condition is no boolean or a list has several items; fhirpath.js takes the first, or what is there as true.',
  list: 'fhirpath.js compares lists item by item where their order should not count.',
  quantity: 'fhirpath.js compares exact amounts where the less precise of the two should count.',
  sort: 'fhirpath.js sorts downwards by numbers only.',
  zone: 'A time without zone and one with: fhirpath.js takes the machine’s zone, the case wants no answer.',
  calendar: 'fhirpath.js knows `months` of the calendar, and UCUM’s `mo`, not a quoted month.',
  boundary:
    'fhirpath.js has the bounds of numbers and times only, and rounds those below its precision outwards; the case wants minutes as seconds, or zero.',
  derived: '`code` is a kind of `string` to fhirpath.js; the case wants the exact type.',
} as const

/** row → reason */
export const failures: Readonly<Record<string, keyof typeof reasons>> = {
  testSimpleFail: 'static',
  testDollarOrderNotAllowed: 'static',
  testQuantity4: 'quantity',
  testCollectionBoolean1: 'singleton',
  testIif6: 'singleton',
  testIif10: 'singleton',
  testSort8: 'sort',
  testEquality23: 'zone',
  testEquivalent21: 'list',
  testEquivalent23: 'list',
  testNotEquivalent21: 'list',
  testMinus5: 'calendar',
  LowBoundaryDecimal15: 'boundary',
  LowBoundaryQuantity: 'boundary',
  HighBoundaryDecimal15: 'boundary',
  HighBoundaryDateTimeMillisecond1: 'boundary',
  HighBoundaryDateTimeMillisecond3: 'boundary',
  testFHIRPathAsFunction11: 'derived',
  testFHIRPathAsFunction16: 'derived',
}
