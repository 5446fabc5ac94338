/** How much of the cases of `npm test` the run that is under way tries. */
export const fraction = { tried: 1 }
