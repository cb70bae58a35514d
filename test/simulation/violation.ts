/** A rule was broken. The seed and the last steps are added where the run ends. */
export class Violation extends Error {}
