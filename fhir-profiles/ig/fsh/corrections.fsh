Extension: AsSent
Id: as-sent
Title: "보낸 그대로의 표기 · As it was sent"
Description: "What the sender wrote, where a system or a code was corrected to its published spelling."
* ^context[0].type = #element
* ^context[0].expression = "Coding"
* ^context[1].type = #element
* ^context[1].expression = "Quantity"
* ^context[2].type = #element
* ^context[2].expression = "Identifier"
* insert Ours
* extension contains system 0..1 and code 0..1 and value 0..1
* extension[system].value[x] 1..1
* extension[code].value[x] 1..1
* extension[value].value[x] 1..1
* value[x] ..0

Extension: Correction
Id: correction
Title: "표기를 고친 자리와 규칙 · Where a spelling was corrected, and by which rule"
Description: "On the contained Provenance of a corrected record: places and rules, never values."
Context: Provenance
* insert Ours
* extension contains path 1..1 and rule 1..1
* extension[path].value[x] 1..1
* extension[rule].value[x] 1..1
* value[x] ..0
